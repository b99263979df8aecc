//! What cases are written with.

pub(crate) mod context;
pub(crate) mod fields;
pub(crate) mod observe;
pub(crate) mod population;
pub(crate) mod tasks;
pub(crate) mod words;
