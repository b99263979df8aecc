mod order;
mod query;
mod snippet;
