use operator_derive::Resource;

#[derive(Resource)]
#[resource(inherit = "ConfigMap")]
pub union Settings {
    pub size: i32,
}

fn main() {}
