//! The last step of a request: the answer in the form that the client accepts.

use std::sync::Arc;

use http::{HeaderName, header};

use super::{
    core::Core,
    request::{Request, Target, Verb},
    response::{Body, Response},
    status::StatusError,
    types::ResourceType,
    view::{
        self, Content, Document, Encoding, Endpoint, Question, Representation, Shape, Viewer,
        table::IncludeObject,
    },
    watch::Lens,
};

/// What the client accepts as the answer to a request for a resource.
///
/// # Errors
/// 406 if the server has no such form.
pub(super) fn negotiated(request: &Request, target: &Target) -> Result<Representation, StatusError> {
    let endpoint = match target.verb {
        Verb::Watch => Endpoint::Watch,
        _ => Endpoint::Resource,
    };
    let chosen = view::negotiate(request.header(header::ACCEPT), endpoint)?;
    Ok(match target.verb {
        Verb::Watch => chosen,
        _ => chosen.prettified(request.query.get("pretty"), Some(request.agent())),
    })
}

/// The answer of a verb in the form that was negotiated.
///
/// # Errors
/// 400 and 406 where the parameters of the form make no sense for this answer.
pub(super) fn answer(
    core: &Core,
    request: &Request,
    resource: &Arc<ResourceType>,
    representation: Representation,
    mut response: Response,
) -> Result<Response, StatusError> {
    if representation == Representation::default() {
        return Ok(response);
    }
    let include = match representation.shape {
        Shape::Table(_) => IncludeObject::parse(request.query.get("includeObject"))?,
        _ => IncludeObject::default(),
    };
    match response.body {
        Body::Watch(ref mut plan) => {
            plan.lens = Some(Lens::new(representation, include));
        }
        Body::Full(bytes) => {
            let viewer = Viewer {
                representation,
                include,
                now: core.clock.now(),
            };
            let list = bytes.starts_with(format!("{{\"kind\":\"{}\"", resource.list_kind).as_bytes());
            let content = if list { Content::List } else { Content::Object };
            response.body = Body::Full(view::present(resource, bytes, content, &viewer)?);
            representation
                .content_type()
                .clone_into(&mut response.content_type);
        }
    }
    Ok(response)
}

/// An error in the encoding that the client accepts, JSON if it accepts none.
pub(super) fn error(request: &Request, error: &StatusError) -> Response {
    let chosen = view::negotiate(request.header(header::ACCEPT), Endpoint::Document)
        .or_else(|_| view::negotiate(request.header(header::ACCEPT), Endpoint::Resource))
        .unwrap_or_default()
        .prettified(request.query.get("pretty"), Some(request.agent()));
    let mut response = Response::from(error);
    if chosen.encoding != Encoding::Json {
        response.body = Body::Full(view::encode(&error.body(), chosen.encoding));
        chosen
            .encoding
            .content_type()
            .clone_into(&mut response.content_type);
    }
    response
}

/// The answer to a request for a path without objects.
///
/// # Errors
/// As [`view::document`].
pub(super) fn about_the_server(core: &Core, request: &Request) -> Result<Response, StatusError> {
    let types = core.types.snapshot();
    let question = Question {
        path: &request.path,
        verbose: request.query.get("verbose").is_some(),
        pretty: request.query.get("pretty"),
        accept: request.header(header::ACCEPT),
        if_none_match: request.header(header::IF_NONE_MATCH),
        user_agent: Some(request.agent()),
        address: request.header(header::HOST).unwrap_or("localhost"),
    };
    match view::document(&types, &question) {
        Some(document) => document.map(from_document),
        None => Ok(Response::page_not_found()),
    }
}

fn from_document(document: Document) -> Response {
    let mut headers: Vec<(HeaderName, String)> = Vec::new();
    if let Some(tag) = document.etag {
        headers.push((header::ETAG, tag));
    }
    if let Some(vary) = document.vary {
        headers.push((header::VARY, vary.to_owned()));
    }
    Response {
        content_type: document.content_type.to_owned(),
        headers,
        ..Response::json(document.code, document.body)
    }
}
