//! The cases, one file for each part of the contract. Which there are: `list.rs`.

mod list;

use crate::macros::table;

crate::__with_cases!(table, []);
