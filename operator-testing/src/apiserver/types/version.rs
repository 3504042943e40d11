//! One version of an API group.

use std::sync::Arc;

use super::resource::ResourceType;

/// One version of an API group, with its resources.
#[derive(Clone, Debug)]
pub struct Version {
    /// The group; empty for the core group.
    pub group: Arc<str>,
    /// The version.
    pub version: Arc<str>,
    /// Its resources, in the order discovery lists them.
    pub resources: Vec<Arc<ResourceType>>,
}

impl Version {
    /// `group/version`, or the version alone in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}
