//! Whom to ask about a write, and with what question.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/webhook/generic/webhook.go`.

use super::{
    super::{
        call::Halt,
        policies::{Hook, ReviewVersion},
        status::{About, StatusError},
        webhook::Question,
    },
    evaluation,
    subject::{Matched, Subject},
};

/// Why there is no answer to go by.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The webhook could not be asked or did not answer as it should: its failure policy decides.
    Calling(String),
    /// The request ends here.
    Halt(Halt),
}

impl From<Halt> for Trouble {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl From<StatusError> for Trouble {
    fn from(error: StatusError) -> Self {
        Self::Halt(error.into())
    }
}

impl Hook {
    /// The version in which the webhook is to be asked about a write; `None` if the write is none of its business.
    ///
    /// # Errors
    /// 403 if its conditions cannot be evaluated and the write may not be made without it.
    pub(super) fn matched(&self, subject: &Subject<'_>) -> Result<Option<Matched>, Halt> {
        let Some(matched) = subject.matched(&self.about, true) else {
            return Ok(None);
        };
        if self.conditions.is_empty() {
            return Ok(Some(matched));
        }
        match evaluation::conditions(&self.conditions, &subject.context(&matched)?) {
            Ok(true) => Ok(Some(matched)),
            Ok(false) => Ok(None),
            Err(_) if self.ignored => Ok(None),
            Err(why) => {
                let resource = subject.resource();
                let about = About {
                    group: &resource.group,
                    kind: &resource.plural,
                    name: subject.name(),
                };
                Err(StatusError::forbidden(about, why).into())
            }
        }
    }

    /// The question to the webhook, and the version of review that is expected back.
    ///
    /// # Errors
    /// It cannot be asked about this write.
    pub(super) fn question(
        &self,
        subject: &Subject<'_>,
        matched: &Matched,
    ) -> Result<(Question, ReviewVersion), Trouble> {
        if subject.is_dry_run() && self.has_side_effects {
            let why = format!("admission webhook {:?} does not support dry run", self.name);
            return Err(StatusError::bad_request(why).into());
        }
        let Some(version) = self.version else {
            let why = "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)";
            return Err(Trouble::Calling(why.to_owned()));
        };
        let question = Question {
            endpoint: self.endpoint.clone(),
            kind: "AdmissionReview",
            api_version: format!("admission.k8s.io/{}", version.as_str()),
            request: subject.review(matched)?,
            seconds: self.timeout,
        };
        Ok((question, version))
    }

    /// 500 because the webhook could not be asked.
    pub(super) fn failure(&self, why: &str) -> StatusError {
        StatusError::internal(format!("failed calling webhook {:?}: {why}", self.name))
    }
}
