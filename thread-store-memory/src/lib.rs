//! The reference backend: the whole contract, in memory.
