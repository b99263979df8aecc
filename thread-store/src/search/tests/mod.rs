mod order;
mod query;
mod snippet;
mod spoken;
