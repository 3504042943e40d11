use operator_derive::Status;

#[derive(Status)]
pub struct DatabaseStatus {
    pub conditions: Vec<Condition>,
    pub others: Vec<Condition>,
}

pub struct Condition;

fn main() {}
