//! Webhooks (`ValidatingWebhookConfiguration`, `MutatingWebhookConfiguration`).
//!
//! Nothing outside the process is ever called: each webhook that is about a write behaves as one whose server is down, and
//! its failure policy decides.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/webhook`.

use super::{
    super::{
        policies::{Hook, Service},
        status::{About, StatusError},
        store::{ObjectKey, ResourceKey, Store},
    },
    evaluation::{self, Subject},
};

impl Hook {
    /// Asks the webhook about a write.
    ///
    /// # Errors
    /// It cannot be reached, and writes may not be made without it.
    pub(super) fn ask(&self, subject: &Subject<'_>) -> Result<(), StatusError> {
        let Some(matched) = subject.matched(&self.about, true) else {
            return Ok(());
        };
        if self.ignored {
            return Ok(());
        }
        if !self.conditions.is_empty() {
            match evaluation::conditions(&self.conditions, &subject.context(&matched)) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(why) => {
                    let resource = subject.resource();
                    let about = About {
                        group: &resource.group,
                        kind: &resource.plural,
                        name: subject.name(),
                    };
                    return Err(StatusError::forbidden(about, why));
                }
            }
        }
        Err(StatusError::internal(format!(
            "failed calling webhook {:?}: failed to call webhook: {}",
            self.name,
            self.failure(subject.store())
        )))
    }

    /// Why the call fails.
    fn failure(&self, store: &Store) -> String {
        match (&self.endpoint.service, &self.endpoint.url) {
            (Some(service), _) => {
                let Service { name, namespace, .. } = service;
                let port = service.port.unwrap_or(443);
                let path = service.path.as_deref().unwrap_or_default();
                let known = store.get(
                    &ResourceKey::new("", "services"),
                    &ObjectKey::new(namespace, name),
                );
                let why = if known.is_some() {
                    format!("no endpoints available for service {name:?}")
                } else {
                    format!("service {name:?} not found")
                };
                self.post(&format!("https://{name}.{namespace}.svc:{port}{path}"), &why)
            }
            (None, Some(url)) => self.post(url, &refused(url)),
            (None, None) => "webhook configuration must have either service or URL".to_owned(),
        }
    }

    fn post(&self, url: &str, why: &str) -> String {
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("Post \"{url}{sign}timeout={}s\": {why}", self.timeout)
    }
}

/// How a connection fails to an address where nobody listens, or to a name that nobody has.
fn refused(url: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (authority, "443"),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<std::net::IpAddr>().is_ok() {
        format!("dial tcp {host}:{port}: connect: connection refused")
    } else {
        format!("dial tcp: lookup {host}: no such host")
    }
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn addresses_refuse_and_names_are_unknown() {
        for (url, expected) in [
            (
                "https://127.0.0.1:1/hook",
                "dial tcp 127.0.0.1:1: connect: connection refused",
            ),
            (
                "https://10.0.0.1",
                "dial tcp 10.0.0.1:443: connect: connection refused",
            ),
            (
                "https://[::1]:8443/a:1",
                "dial tcp [::1]:8443: connect: connection refused",
            ),
            (
                "https://hooks.example.com/x",
                "dial tcp: lookup hooks.example.com: no such host",
            ),
        ] {
            assert_eq!(refused(url), expected);
        }
    }
}
