//! Puts documents into a cluster, in their order, by server-side apply.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::discovery::Scope;
use kube::{Client, discovery};
use serde_json::Value;

use super::install::wait_until_served;
use super::load::Document;
use super::place::Place;
use crate::clock::Clock;
use crate::toolkit::Target;

/// An object that was applied.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Where it was written.
    pub place: Place,
    /// Where it is.
    pub target: Target,
    /// The object as the server has it.
    pub object: Value,
}

/// Why documents could not be applied, and how far it went.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}{}", so_far(.installed, *.total))]
pub struct ApplyError {
    /// The document that failed.
    pub place: Place,
    /// The server's own words.
    pub message: String,
    /// What had been applied before.
    pub installed: Vec<Installed>,
    /// How many documents there were.
    pub total: usize,
    /// The answer, if the server was asked; the message holds its words.
    pub answer: Option<Box<kube::Error>>,
}

fn so_far(installed: &[Installed], total: usize) -> String {
    if installed.is_empty() {
        return " (nothing was applied)".to_owned();
    }
    let names: Vec<String> = installed
        .iter()
        .map(|installed| installed.target.to_string())
        .collect();
    format!(
        " ({} of {total} documents were applied before: {})",
        installed.len(),
        names.join(", ")
    )
}

/// Applies documents in their order; objects without a namespace go to `namespace`.
///
/// Before anything is written every document whose kind is known is tried without effect, so that most mistakes leave
/// the cluster as it was. A definition is waited for until its kind is served.
///
/// # Errors
/// [`ApplyError`] for the first document that fails, with the server's words and what was applied before it.
///
/// # Cancel safety
/// If it is dropped some documents were applied; applying them again completes them.
pub async fn apply(
    client: &Client,
    documents: &[Document],
    namespace: &str,
    field_manager: &str,
    clock: &Clock,
) -> Result<Vec<Installed>, ApplyError> {
    let total = documents.len();
    let fail = |document: &Document, failure: Failure, installed: Vec<Installed>| ApplyError {
        place: document.place.clone(),
        message: failure.message,
        installed,
        total,
        answer: failure.source.map(Box::new),
    };
    for document in documents {
        if let Err(failure) = rehearse(client, document, documents, namespace, field_manager).await {
            return Err(fail(document, failure, Vec::new()));
        }
    }
    let mut installed = Vec::new();
    for document in documents {
        match write(
            client,
            document,
            namespace,
            &PatchParams::apply(field_manager).force(),
            clock,
        )
        .await
        {
            Ok(done) => installed.push(done),
            Err(failure) => return Err(fail(document, failure, installed)),
        }
    }
    Ok(installed)
}

struct Failure {
    message: String,
    source: Option<kube::Error>,
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        let message = match &error {
            kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
            other => crate::error::chain(other),
        };
        Self {
            message,
            source: Some(error),
        }
    }
}

/// Tries a document without effect. What an earlier document may bring is not held against it.
async fn rehearse(
    client: &Client,
    document: &Document,
    all: &[Document],
    namespace: &str,
    field_manager: &str,
) -> Result<(), Failure> {
    let target = match resolve(client, document, namespace).await {
        Ok(target) => target,
        Err(_) if all.iter().any(|other| defines(other, &document.kind)) => return Ok(()),
        Err(failure) => return Err(failure),
    };
    let params = PatchParams::apply(field_manager).force().dry_run();
    match target
        .patch::<Value>(client, None, &params, &Patch::Apply(&body(document, &target)))
        .await
    {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

async fn write(
    client: &Client,
    document: &Document,
    namespace: &str,
    params: &PatchParams,
    clock: &Clock,
) -> Result<Installed, Failure> {
    let target = resolve(client, document, namespace).await?;
    let object: Value = target
        .patch(client, None, params, &Patch::Apply(&body(document, &target)))
        .await?;
    if document.kind.kind == "CustomResourceDefinition" {
        wait_until_served(client, target.name(), clock)
            .await
            .map_err(|error| Failure {
                message: error.to_string(),
                source: None,
            })?;
    }
    Ok(Installed {
        place: document.place.clone(),
        target,
        object,
    })
}

/// Asks the server what the kind is called and where its objects live.
async fn resolve(client: &Client, document: &Document, namespace: &str) -> Result<Target, Failure> {
    let kind = &document.kind;
    let unknown = || Failure {
        message: format!(
            "no matches for kind \"{}\" in version \"{}\"",
            kind.kind,
            GroupVersionKind::api_version(kind)
        ),
        source: None,
    };
    let (resource, capabilities): (ApiResource, _) = match discovery::pinned_kind(client, kind).await {
        Ok(found) => found,
        Err(kube::Error::Discovery(_)) => return Err(unknown()),
        Err(kube::Error::Api(status)) if status.is_not_found() => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    let namespace = match capabilities.scope {
        Scope::Namespaced => Some(document.namespace.clone().unwrap_or_else(|| namespace.to_owned())),
        Scope::Cluster => None,
    };
    Ok(Target::new(resource, namespace, document.name.clone()))
}

fn body(document: &Document, target: &Target) -> Value {
    let mut body = document.object.clone();
    if let (Some(namespace), Some(metadata)) = (target.namespace(), body["metadata"].as_object_mut()) {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    body
}

/// Whether `other` is the definition of `kind`.
fn defines(other: &Document, kind: &GroupVersionKind) -> bool {
    other.kind.kind == "CustomResourceDefinition"
        && serde_json::from_value::<CustomResourceDefinition>(other.object.clone())
            .is_ok_and(|crd| crd.spec.group == kind.group && crd.spec.names.kind == kind.kind)
}
