//! The cases, one file for each part of the contract. Which there are: `macros.rs`.

use crate::macros::table;

crate::__with_cases!(table, []);
