//! What cases are written with.

pub(crate) mod context;
pub(crate) mod counting;
pub(crate) mod faulty;
pub(crate) mod fields;
pub(crate) mod live;
pub(crate) mod observe;
pub(crate) mod population;
pub(crate) mod records;
pub(crate) mod tasks;
pub(crate) mod turns;
pub(crate) mod words;
