//! A request on its way through the server, from top to bottom:
//! audit, authenticate, authorise, find the resource, admit, store, show.

use std::{sync::Arc, time::Duration};

use http::Method;

use super::{
    access::{AUDIENCE, impersonate, impersonates},
    audit::AuditEntry,
    call::{Call, Halt},
    core::Core,
    memo::Memo,
    request::{Request, Target, User},
    response::Response,
    route, show,
    status::StatusError,
    store::Revision,
    verbs,
    webhook::Question,
};
use crate::clock::shown;

/// The largest request body.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// How long a read of a revision that has not happened yet waits for it.
const REVISION_PATIENCE: Duration = Duration::from_secs(3);

/// Who asks for what.
struct Asked {
    user: Result<User, StatusError>,
    /// `None` for a path that is no resource.
    target: Option<Target>,
}

impl Asked {
    fn of(core: &Core, request: &Request) -> Self {
        Self {
            user: identify(core, request),
            target: Target::of(request),
        }
    }
}

/// Answers a request. Webhooks are asked between two passes, so that nothing is locked meanwhile.
///
/// # Cancel safety
/// A request whose future is dropped has been carried out or has changed nothing; webhooks may have been asked about it.
pub(crate) async fn answer(core: &Arc<Core>, request: &Request) -> Response {
    let asked = Asked::of(core, request);
    let mut memo = Memo::default();
    let mut waited = false;
    loop {
        match pass(core, request, &asked, &mut memo) {
            Err(Halt::Await(revision)) if !waited => {
                waited = true;
                let mut head = core.state().store.head();
                let reached = head.wait_for(|head| *head >= revision);
                // whether the revision came or not, the next pass answers
                let _ = tokio::time::timeout(REVISION_PATIENCE, reached).await;
            }
            Err(Halt::Ask(questions)) if memo.may_ask() => memo.learn(core.ask(questions).await),
            outcome => return settle(core, request, asked, &memo, outcome),
        }
    }
}

/// Answers a request without waiting for anything.
///
/// # Errors
/// The questions to webhooks that have to be answered first.
pub(crate) fn answer_now(core: &Core, request: &Request, memo: &mut Memo) -> Result<Response, Vec<Question>> {
    let asked = Asked::of(core, request);
    match pass(core, request, &asked, memo) {
        Err(Halt::Ask(questions)) if memo.may_ask() => Err(questions),
        outcome => Ok(settle(core, request, asked, memo, outcome)),
    }
}

fn settle(
    core: &Core,
    request: &Request,
    asked: Asked,
    memo: &Memo,
    outcome: Result<Response, Halt>,
) -> Response {
    let response = match outcome {
        Ok(response) => response,
        Err(Halt::Status(error)) => show::error(request, &error),
        Err(Halt::Response(response)) => *response,
        Err(Halt::Await(revision)) => {
            let current = core.state().store.revision();
            show::error(request, &StatusError::revision_too_large(revision, current))
        }
        Err(Halt::Ask(_)) => show::error(request, &StatusError::restless()),
    };
    core.audit
        .push(|| entry(core, request, asked, memo, response.code));
    response
}

/// The way of a request down to the store.
fn pass(core: &Core, request: &Request, asked: &Asked, memo: &mut Memo) -> Result<Response, Halt> {
    if !request.has_readable_path() {
        return Ok(Response::text(400, "400 Bad Request"));
    }
    let user = asked.user.as_ref().map_err(Clone::clone)?;
    if !request.trusted {
        core.access
            .authorise(&core.state().store, user, asked.target.as_ref(), request)?;
    }
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    if request.body.len() > BODY_LIMIT && !is_read {
        return Err(StatusError::too_large(format!("limit is {BODY_LIMIT}")).into());
    }
    match &asked.target {
        Some(target) => resource(core, request, memo, target, user),
        None => {
            let response = show::about_the_server(core, request)?;
            if response.code < 400 && !matches!(request.method, Method::GET | Method::HEAD) {
                return Err(StatusError::method_not_allowed().into());
            }
            Ok(response)
        }
    }
}

/// Who is asking, or whom they stand in for.
fn identify(core: &Core, request: &Request) -> Result<User, StatusError> {
    let user = core.access.authenticate(request, |token| {
        let found = core
            .access
            .user_of(&core.state().store, token, &[AUDIENCE], core.clock.now());
        found.ok().map(|(user, _)| user)
    })?;
    if !impersonates(request) {
        return Ok(user);
    }
    impersonate(&core.access, &core.state().store, &user, request)
}

fn resource(
    core: &Core,
    request: &Request,
    memo: &mut Memo,
    target: &Target,
    user: &User,
) -> Result<Response, Halt> {
    let types = core.types.snapshot();
    let Some(resource) = types.resource(&target.group, &target.version, &target.resource) else {
        let known_group = types
            .versions_of(&target.group)
            .any(|version| version.resources.iter().any(|resource| resource.custom.is_none()));
        return Err(if known_group {
            StatusError::unknown_resource().into()
        } else {
            Halt::Response(Box::new(Response::page_not_found()))
        });
    };
    route::check(request, target, resource)?;
    let representation = route::negotiated(request, target, resource)?;
    let time = memo.time(|| core.clock.now());
    let mut call = Call {
        request,
        target,
        user,
        resource: Arc::clone(resource),
        types: &core.types,
        access: &core.access,
        policies: &core.policies,
        time,
        now: shown(time),
        view: view(core, user, target),
        warnings: resource
            .deprecation_warning
            .iter()
            .map(ToString::to_string)
            .collect(),
        unlabelled: false,
        emptied: false,
        reflected: None,
        unread: None,
        unlabelled_template: false,
        annotations: Vec::new(),
        unsettled: false,
        answers: &memo.answers,
    };
    let mut state = core.state();
    state.dice.replay(&memo.rolls);
    let answer = verbs::perform(&mut state, &mut call);
    if matches!(answer, Err(Halt::Ask(_))) {
        memo.rolls = state.dice.rolls().to_vec();
    }
    drop(state);
    memo.annotations = call.annotations;
    let response = match answer {
        // What the client was to be told besides, it is told with the error too.
        Err(Halt::Status(error)) if !call.warnings.is_empty() => {
            let mut response = show::error(request, &error);
            response.warnings = call.warnings;
            return Ok(response);
        }
        Err(Halt::Response(mut response)) => {
            response.warnings.append(&mut call.warnings);
            return Ok(*response);
        }
        answer => answer?,
    };
    Ok(show::answer(core, request, resource, representation, response)?)
}

/// The revision that a client's reads are held back to; `None` shows it everything.
fn view(_core: &Core, _user: &User, _target: &Target) -> Option<Revision> {
    None
}

/// What the audit log says of a request.
fn entry(core: &Core, request: &Request, asked: Asked, memo: &Memo, code: u16) -> AuditEntry {
    let method = request.method.as_str().to_ascii_lowercase();
    let verb = asked
        .target
        .as_ref()
        .map_or(method, |target| target.verb.to_string());
    let target = asked.target.unwrap_or_else(Target::nothing);
    AuditEntry {
        user: asked.user.unwrap_or_default().name,
        agent: request.agent().to_owned(),
        verb,
        group: target.group,
        resource: target.resource,
        subresource: target.subresource,
        namespace: target.namespace,
        name: target.name,
        path: request.path.clone(),
        code,
        revision: core.state().store.revision(),
        annotations: memo.annotations.iter().cloned().collect(),
    }
}
