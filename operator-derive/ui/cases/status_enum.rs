use operator_derive::Status;

#[derive(Status)]
pub enum DatabaseStatus {
    Ready,
}

fn main() {}
