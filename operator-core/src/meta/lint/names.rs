//! The kind as a whole: its names, its versions, how it is converted.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::Findings;

pub(super) fn check(definition: &CustomResourceDefinition, findings: &mut Findings<'_>) {
    let spec = &definition.spec;
    let name = format!("{}.{}", spec.names.plural, spec.group);
    if definition.metadata.name.as_deref() != Some(&name) {
        findings.refused(
            "metadata.name",
            format!("must be `{name}`, from the plural and the group"),
        );
    }
    group(definition, findings);
    names(definition, findings);
    versions(definition, findings);
    conversion(definition, findings);
    if !["Cluster", "Namespaced"].contains(&spec.scope.as_str()) {
        findings.refused(
            "spec.scope",
            format!("is `{}`: it is Cluster or Namespaced", spec.scope),
        );
    }
    if spec.preserve_unknown_fields == Some(true) {
        findings.refused(
            "spec.preserveUnknownFields",
            "is of the old API: write `x-kubernetes-preserve-unknown-fields` into the schema",
        );
    }
}

fn group(definition: &CustomResourceDefinition, findings: &mut Findings<'_>) {
    let group = definition.spec.group.as_str();
    let domain = group.contains('.')
        && group.split('.').all(|part| {
            let edge = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
            part.starts_with(edge)
                && part.ends_with(edge)
                && part.chars().all(|letter| edge(letter) || letter == '-')
        });
    if !domain {
        findings.refused("spec.group", "must be a domain name, such as `example.com`");
    }
    let approved = definition
        .metadata
        .annotations
        .iter()
        .flatten()
        .any(|(key, _)| key == "api-approved.kubernetes.io");
    let theirs = group == "k8s.io" || group.ends_with(".k8s.io") || group.ends_with(".kubernetes.io");
    if theirs && !approved {
        findings.refused(
            "spec.group",
            "this group is Kubernetes' own: use a domain of yours",
        );
    }
}

fn names(definition: &CustomResourceDefinition, findings: &mut Findings<'_>) {
    let names = &definition.spec.names;
    let mut label = |place: &str, text: &str| {
        if !is_label(text) {
            findings.refused(
                place,
                format!("is `{text}`: it must be letters, digits and dashes, in lower case, and begin with a letter"),
            );
        }
    };
    label("spec.names.plural", &names.plural);
    // A kind may have capitals.
    label("spec.names.kind", &names.kind.to_lowercase());
    if let Some(list_kind) = &names.list_kind {
        label("spec.names.listKind", &list_kind.to_lowercase());
    }
    if let Some(singular) = names.singular.as_ref().filter(|singular| !singular.is_empty()) {
        label("spec.names.singular", singular);
    }
    for short in names.short_names.iter().flatten() {
        label("spec.names.shortNames", short);
    }
    for category in names.categories.iter().flatten() {
        label("spec.names.categories", category);
    }
    if names.list_kind.as_ref() == Some(&names.kind) {
        findings.refused(
            "spec.names.listKind",
            "is that of the objects: a list is another kind",
        );
    }
}

fn versions(definition: &CustomResourceDefinition, findings: &mut Findings<'_>) {
    let versions = &definition.spec.versions;
    if versions.is_empty() {
        findings.refused("spec.versions", "there is none");
    }
    let distinct: BTreeSet<&str> = versions.iter().map(|version| version.name.as_str()).collect();
    // One version of a kind may come alone and not be the stored one, before it is merged with the others.
    let stored = versions.iter().filter(|version| version.storage).count();
    if distinct.len() < versions.len() {
        findings.refused("spec.versions", "one of them is there twice");
    } else if versions.len() > 1 && stored != 1 {
        findings.refused(
            "spec.versions",
            format!("{stored} of them are stored, and it must be one"),
        );
    }
    for version in versions {
        if !is_label(&version.name) {
            findings.refused(
                "spec.versions",
                format!(
                    "`{}` must be like a label in lower case, such as `v1`",
                    version.name
                ),
            );
        }
        if version.deprecation_warning.is_some() && version.deprecated != Some(true) {
            findings.refused(
                "spec.versions",
                format!("`{}` warns and is not deprecated", version.name),
            );
        }
    }
}

fn conversion(definition: &CustomResourceDefinition, findings: &mut Findings<'_>) {
    let Some(conversion) = &definition.spec.conversion else {
        return;
    };
    match (conversion.strategy.as_str(), &conversion.webhook) {
        ("None", _) => {}
        ("Webhook", Some(webhook))
            if webhook.client_config.is_some() && !webhook.conversion_review_versions.is_empty() => {}
        ("Webhook", _) => findings.refused(
            "spec.conversion",
            "is by a webhook and does not say where it is and which reviews it takes",
        ),
        (other, _) => findings.refused(
            "spec.conversion",
            format!("has the strategy `{other}`: it is None or Webhook"),
        ),
    }
}

fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-')
}
