use operator_derive::Status;

#[derive(Status)]
pub struct DatabaseStatus {
    pub observed_generation: Option<i32>,
}

fn main() {}
