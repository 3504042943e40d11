//! The kind as a whole and each of its versions.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionNames as Names, CustomResourceDefinitionVersion,
};

use super::{Break, BreakKind, schema::Comparison};

pub(super) fn compare(
    old: &CustomResourceDefinition,
    new: &CustomResourceDefinition,
    found: &mut Vec<Break>,
) {
    identity(old, new, found);
    names(old, new, found);
    conversion(old, new, found);
    let stored = old
        .status
        .as_ref()
        .and_then(|status| status.stored_versions.as_deref())
        .unwrap_or_default();
    for version in &old.spec.versions {
        let Some(same) = new
            .spec
            .versions
            .iter()
            .find(|candidate| candidate.name == version.name)
        else {
            lost(version, stored.contains(&version.name), found);
            continue;
        };
        if version.served && !same.served {
            found.push(whole(
                version,
                BreakKind::VersionLost,
                "is no longer served".into(),
            ));
        }
        subresources(version, same, found);
        selectable(version, same, found);
        let schema = |version: &CustomResourceDefinitionVersion| {
            version
                .schema
                .as_ref()
                .and_then(|schema| schema.open_api_v3_schema.clone())
        };
        if let (Some(old), Some(new)) = (schema(version), schema(same)) {
            Comparison::new(&version.name, found).place("", &old, &new);
        }
    }
}

fn whole(version: &CustomResourceDefinitionVersion, kind: BreakKind, detail: String) -> Break {
    Break {
        version: version.name.clone(),
        path: String::new(),
        kind,
        detail,
    }
}

/// `stored`: the server says that there may be objects in it.
fn lost(version: &CustomResourceDefinitionVersion, stored: bool, found: &mut Vec<Break>) {
    if version.storage || stored {
        found.push(whole(
            version,
            BreakKind::StoredVersionLost,
            "is gone, and objects may be stored in it".into(),
        ));
    } else {
        found.push(whole(version, BreakKind::VersionLost, "is gone".into()));
    }
}

/// A break of the kind as a whole.
fn of_kind(kind: BreakKind, detail: String) -> Break {
    Break {
        version: String::new(),
        path: String::new(),
        kind,
        detail,
    }
}

fn identity(old: &CustomResourceDefinition, new: &CustomResourceDefinition, found: &mut Vec<Break>) {
    let (was, is) = (&old.spec, &new.spec);
    for (what, was, is) in [
        ("group", &was.group, &is.group),
        ("kind", &was.names.kind, &is.names.kind),
        ("plural", &was.names.plural, &is.names.plural),
        ("scope", &was.scope, &is.scope),
    ] {
        if was != is {
            found.push(of_kind(
                BreakKind::Identity,
                format!("the {what} was `{was}` and is `{is}`"),
            ));
        }
    }
}

fn names(old: &CustomResourceDefinition, new: &CustomResourceDefinition, found: &mut Vec<Break>) {
    let (was, is) = (&old.spec.names, &new.spec.names);
    for (what, was, is) in [
        ("short name", &was.short_names, &is.short_names),
        ("category", &was.categories, &is.categories),
    ] {
        let is = is.as_deref().unwrap_or_default();
        for name in was.iter().flatten().filter(|name| !is.contains(name)) {
            found.push(of_kind(
                BreakKind::NameLost,
                format!("the {what} `{name}` is gone"),
            ));
        }
    }
    // The server fills in what is left out.
    let singular = |spec: &Names| spec.singular.clone().unwrap_or_else(|| spec.kind.to_lowercase());
    let list = |spec: &Names| {
        spec.list_kind
            .clone()
            .unwrap_or_else(|| format!("{}List", spec.kind))
    };
    for (what, old, new) in [
        ("singular", singular(was), singular(is)),
        ("kind of lists", list(was), list(is)),
    ] {
        if old != new && was.kind == is.kind {
            found.push(of_kind(
                BreakKind::NameLost,
                format!("the {what} was `{old}` and is `{new}`"),
            ));
        }
    }
}

/// Only the loss is a break: how the webhook is reached is the installation's business.
fn conversion(old: &CustomResourceDefinition, new: &CustomResourceDefinition, found: &mut Vec<Break>) {
    let by_webhook = |definition: &CustomResourceDefinition| {
        let conversion = definition.spec.conversion.as_ref();
        conversion.is_some_and(|conversion| conversion.strategy == "Webhook")
    };
    if by_webhook(old) && !by_webhook(new) && new.spec.versions.len() > 1 {
        found.push(of_kind(
            BreakKind::ConversionLost,
            "versions were converted by a webhook, and are not any more".into(),
        ));
    }
}

fn subresources(
    old: &CustomResourceDefinitionVersion,
    new: &CustomResourceDefinitionVersion,
    found: &mut Vec<Break>,
) {
    let status = |version: &CustomResourceDefinitionVersion| {
        version
            .subresources
            .as_ref()
            .is_some_and(|subresources| subresources.status.is_some())
    };
    let scale = |version: &CustomResourceDefinitionVersion| {
        version
            .subresources
            .as_ref()
            .and_then(|subresources| subresources.scale.clone())
    };
    if status(old) != status(new) {
        let detail = if status(old) {
            "the status subresource is gone"
        } else {
            "the status is a subresource now: writes to the object no longer change it"
        };
        found.push(whole(old, BreakKind::SubresourceLost, detail.into()));
    }
    match (scale(old), scale(new)) {
        (Some(_), None) => {
            found.push(whole(
                old,
                BreakKind::SubresourceLost,
                "the scale subresource is gone".into(),
            ));
        }
        (Some(was), Some(is)) if was != is => found.push(whole(
            old,
            BreakKind::SubresourceLost,
            format!(
                "the scale subresource was on `{}` and `{}` and is on `{}` and `{}`",
                was.spec_replicas_path,
                was.status_replicas_path,
                is.spec_replicas_path,
                is.status_replicas_path
            ),
        )),
        _ => {}
    }
}

fn selectable(
    old: &CustomResourceDefinitionVersion,
    new: &CustomResourceDefinitionVersion,
    found: &mut Vec<Break>,
) {
    let is = new.selectable_fields.as_deref().unwrap_or_default();
    for field in old
        .selectable_fields
        .iter()
        .flatten()
        .filter(|field| !is.contains(field))
    {
        found.push(Break {
            version: old.name.clone(),
            path: field.json_path.clone(),
            kind: BreakKind::SelectableLost,
            detail: "can no longer be selected by".into(),
        });
    }
}
