//! What rules may cost.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation`.

use crate::apiserver::status::FieldError;

/// What the rules of a whole schema may cost together, and what they do.
#[derive(Debug)]
pub(super) struct Budget {
    /// Whether single rules are limited too; those of a schema that has not changed are not.
    limits_each: bool,
    spent: u64,
    /// The rules that cost most.
    dearest: Vec<(String, u64)>,
}

impl Budget {
    /// The most that one rule may cost, for all values that it is asked about.
    const EACH: u64 = 10_000_000;
    /// The most that all rules may cost together.
    const ALL: u64 = 100_000_000;
    /// How many rules are named when all together are too dear.
    const NAMED: usize = 4;

    pub(super) fn new(limits_each: bool) -> Self {
        Self {
            limits_each,
            spent: 0,
            dearest: Vec::new(),
        }
    }

    /// Adds what an expression costs at worst.
    pub(super) fn spend(&mut self, field: String, what: &str, cost: u64, errors: &mut Vec<FieldError>) {
        if self.limits_each && cost > Self::EACH {
            errors.push(FieldError::forbidden(
                field.clone(),
                exceeds(what, cost, Self::EACH),
            ));
        }
        self.spent = self.spent.saturating_add(cost);
        if cost >= Self::ALL / 100 {
            self.dearest.push((field, cost));
            self.dearest.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
            self.dearest.truncate(Self::NAMED);
        }
    }

    /// What is to be said of all rules together.
    pub(super) fn errors(self, path: &str) -> Vec<FieldError> {
        if self.spent <= Self::ALL {
            return Vec::new();
        }
        let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
        let whole = FieldError::forbidden(path, exceeds(what, self.spent, Self::ALL));
        let why = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
        let dearest = self.dearest.into_iter();
        dearest
            .map(|(field, _)| FieldError::forbidden(field, why))
            .chain([whole])
            .collect()
    }
}

/// By how much a cost is too high.
#[allow(clippy::cast_precision_loss)]
fn exceeds(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let shown = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength \
         where arrays, maps, and strings are declared)"
    )
}
