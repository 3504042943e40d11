//! Which methods a path takes and what it answers with, decided before anything is read or written.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/installer.go` for built-in kinds,
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go` for custom ones.

use http::{Method, header};

use super::{
    call::Halt,
    request::{Request, Target, Verb},
    response::Response,
    show,
    status::{About, StatusError},
    types::ResourceType,
    view::Representation,
};

/// Refuses what the path of a resource does not serve.
pub(crate) fn check(request: &Request, target: &Target, resource: &ResourceType) -> Result<(), Halt> {
    if resource.custom.is_some() {
        custom(target, resource)
    } else {
        built_in(request, target, resource)
    }
}

fn built_in(request: &Request, target: &Target, resource: &ResourceType) -> Result<(), Halt> {
    let across_namespaces = resource.namespaced && target.namespace.is_empty();
    let misplaced = (across_namespaces && !target.name.is_empty())
        || (!resource.namespaced && !target.namespace.is_empty())
        || !target.rest.is_empty();
    let verbs = match target.subresource.as_str() {
        _ if misplaced => None,
        "" => Some(&resource.verbs),
        name => resource.subresource(name).map(|subresource| &subresource.verbs),
    };
    let Some(verbs) = verbs else {
        return Err(StatusError::unknown_resource().into());
    };
    let collection = target.name.is_empty();
    let fits = match target.verb {
        Verb::Create => (collection || !target.subresource.is_empty()) && !across_namespaces,
        Verb::Update | Verb::Patch => !collection,
        Verb::DeleteCollection => !across_namespaces,
        Verb::Get | Verb::List | Verb::Watch | Verb::Delete => true,
        Verb::Other => false,
    };
    let served = verbs.iter().any(|verb| **verb == *target.verb.as_str());
    let readable = target.verb == Verb::Watch && verbs.iter().any(|verb| **verb == *"get");
    if fits && (served || readable) && request.method != Method::HEAD {
        return Ok(());
    }
    Err(StatusError::method_not_allowed().into())
}

fn custom(target: &Target, resource: &ResourceType) -> Result<(), Halt> {
    let about = About {
        group: &resource.group,
        kind: &resource.plural,
        name: &target.name,
    };
    let collection = target.name.is_empty();
    let across_namespaces = resource.namespaced && target.namespace.is_empty();
    let served_across =
        collection && matches!(target.verb, Verb::List | Verb::Watch | Verb::DeleteCollection);
    let misplaced =
        (across_namespaces && !served_across) || (!resource.namespaced && !target.namespace.is_empty());
    if misplaced {
        return Err(Halt::Response(Box::new(Response::page_not_found())));
    }
    if !target.subresource.is_empty()
        && (!target.rest.is_empty() || resource.subresource(&target.subresource).is_none())
    {
        return Err(StatusError::not_found(about).into());
    }
    // custom resources have no routes of their own: who writes them says what is missing
    let is_custom = resource.custom.is_some() && target.subresource.is_empty();
    let fits = match target.verb {
        Verb::Create => collection || is_custom,
        Verb::Update | Verb::Patch => !collection || is_custom,
        Verb::Get => !collection,
        Verb::Delete => target.subresource.is_empty(),
        Verb::List | Verb::Watch | Verb::DeleteCollection => true,
        Verb::Other => false,
    };
    if fits {
        return Ok(());
    }
    let nameless = About { name: "", ..about };
    Err(StatusError::not_supported(nameless, target.verb.as_str()).into())
}

/// What the client accepts as the answer.
///
/// # Errors
/// 406 if the server has no such form.
pub(crate) fn negotiated(
    request: &Request,
    target: &Target,
    resource: &ResourceType,
) -> Result<Representation, StatusError> {
    const PRODUCED: [&str; 3] = [
        "application/json",
        "application/yaml",
        "application/vnd.kubernetes.protobuf",
    ];
    show::negotiated(request, target).map_err(|error| {
        let accept = request.header(header::ACCEPT).unwrap_or_default();
        let known = accept
            .split(',')
            .filter_map(|clause| clause.split(';').next())
            .any(|name| PRODUCED.contains(&name.trim()));
        if resource.custom.is_some() || known {
            return error;
        }
        let mut produced = PRODUCED.join(", ");
        if matches!(target.verb, Verb::List | Verb::Watch) {
            produced += ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
        }
        StatusError::from_code(
            406,
            "NotAcceptable",
            &format!("406: Not Acceptable\n\nAvailable representations: {produced}"),
        )
    })
}
