#[derive(Resource)]
#[resource(inherit = "ConfigMap")]
struct Settings {
    metadata: ObjectMeta,
}
