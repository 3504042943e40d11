use operator_derive::Resource;

#[derive(Resource)]
pub struct Settings {
    pub metadata: (),
}

fn main() {}
