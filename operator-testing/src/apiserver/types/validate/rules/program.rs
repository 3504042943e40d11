//! Compiling and asking one rule.

use std::sync::{Arc, OnceLock};

use kube_cel::cel::{Context, IdedExpr, Program, Value as Cel, objects::OptionalValue};

use super::reach::Reach;
use crate::apiserver::types::cel::{Failure, lowered, report_found};

/// The programs of one rule, compiled when it is first asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    rule: Arc<OnceLock<Result<Arc<Compiled>, String>>>,
    message: Arc<OnceLock<Option<Arc<Compiled>>>>,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    expression: IdedExpr,
    pub(super) uses_old_self: bool,
    /// How far it looks into the value, and into the old one.
    pub(super) reach: Reach,
    pub(super) old_reach: Reach,
}

impl Programs {
    /// Whether a text is an expression, and whether it looks at the old value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_rule(&self, text: &str) -> Result<bool, String> {
        self.rule(text).map(|compiled| compiled.uses_old_self)
    }

    pub(super) fn rule(&self, text: &str) -> Result<Arc<Compiled>, String> {
        let compiled = self.rule.get_or_init(|| compile(text).map(Arc::new));
        compiled.clone()
    }

    pub(super) fn message(&self, text: &str) -> Option<Arc<Compiled>> {
        let compiled = self.message.get_or_init(|| compile(text).ok().map(Arc::new));
        compiled.clone()
    }
}

fn compile(text: &str) -> Result<Compiled, String> {
    let expression = match lowered(text) {
        Some(expression) => expression,
        None => parse(text)?,
    };
    Ok(Compiled {
        uses_old_self: expression.references().has_variable("oldSelf"),
        reach: Reach::of(&expression, "self"),
        old_reach: Reach::of(&expression, "oldSelf"),
        expression,
    })
}

/// What the interpreter's own parser reads.
fn parse(text: &str) -> Result<IdedExpr, String> {
    let program = Program::compile(text).map_err(|refused| {
        let count = |number: isize| usize::try_from(number).unwrap_or_default();
        let found = refused.errors.into_iter();
        report_found(
            text,
            found.map(|error| (count(error.pos.0), count(error.pos.1), error.msg)),
        )
    })?;
    Ok(program.expression().clone())
}

impl Compiled {
    pub(super) fn ask(&self, context: &Context<'_>) -> Result<Cel, Failure> {
        Cel::resolve(&self.expression, context).map_err(|error| Failure::of(&error))
    }
}

/// `oldSelf` of a rule that is asked with and without an old value.
pub(super) fn optional(value: Option<Cel>) -> Cel {
    let value = value.map_or_else(OptionalValue::none, OptionalValue::of);
    Cel::Opaque(Arc::new(value))
}
