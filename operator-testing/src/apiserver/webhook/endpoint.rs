//! Where a webhook is, as configurations and definitions say it.

use http::Uri;
use serde::Deserialize;

/// The `clientConfig` of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Endpoint {
    url: Option<String>,
    service: Option<ServiceReference>,
    ca_bundle: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ServiceReference {
    pub(super) name: String,
    pub(super) namespace: String,
    path: Option<String>,
    port: Option<u16>,
}

/// The parts of the URL that a webhook is called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// The URL without parameters.
    pub(super) url: String,
    /// The name that its certificate must bear.
    pub(super) host: String,
    pub(super) port: u16,
    /// What the webhook answers on.
    pub(super) path: String,
}

impl Endpoint {
    /// The service that answers, if it is one.
    pub(super) fn service(&self) -> Option<&ServiceReference> {
        self.service.as_ref()
    }

    /// The certificates to trust, in base64 as they are stored.
    pub(super) fn ca_bundle(&self) -> &str {
        self.ca_bundle.as_deref().unwrap_or_default()
    }

    /// The URL of the webhook.
    ///
    /// # Errors
    /// There is none, in the real server's words.
    pub(super) fn location(&self) -> Result<Location, String> {
        match (&self.service, &self.url) {
            (Some(service), _) => Ok(service.location()),
            (None, Some(url)) => read(url),
            (None, None) => Err("webhook configuration must have either service or URL".to_owned()),
        }
    }
}

impl ServiceReference {
    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(HTTPS)
    }

    fn location(&self) -> Location {
        let host = format!("{}.{}.svc", self.name, self.namespace);
        let path = match self.path.as_deref().unwrap_or_default() {
            path if path.starts_with('/') || path.is_empty() => path.to_owned(),
            path => format!("/{path}"),
        };
        Location {
            url: format!("https://{host}:{}{path}", self.port()),
            host,
            port: self.port(),
            path,
        }
    }
}

const HTTPS: u16 = 443;

fn read(url: &str) -> Result<Location, String> {
    let uri: Uri = url.parse().map_err(|error| format!("Unparsable URL: {error}"))?;
    let host = uri.host().unwrap_or_default();
    Ok(Location {
        url: url.to_owned(),
        host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: uri.port_u16().unwrap_or(HTTPS),
        path: uri.path().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn location(config: serde_json::Value) -> Location {
        serde_json::from_value::<Endpoint>(config)
            .unwrap()
            .location()
            .unwrap()
    }

    #[test]
    fn services_and_urls_lead_somewhere() {
        let service = location(json!({"service": {"name": "hooks", "namespace": "n", "path": "/check"}}));
        assert_eq!(service.url, "https://hooks.n.svc:443/check");
        assert_eq!((service.host.as_str(), service.port), ("hooks.n.svc", 443));
        let url = location(json!({"url": "https://[::1]:8443/a"}));
        assert_eq!(
            (url.host.as_str(), url.port, url.path.as_str()),
            ("::1", 8443, "/a")
        );
        assert!(Endpoint::default().location().is_err());
    }
}
