//! Certificates for webhooks: an authority of our own and one certificate that it signs.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::BoxError;

/// For how many days a certificate is good.
const DAYS: i64 = 90;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
#[error("a certificate for {name} cannot be made")]
pub struct CertificateError {
    /// The first name it is for.
    pub name: String,
    /// Why.
    #[source]
    pub source: BoxError,
}

/// A certificate with its key, and the authorities that vouch for it and for the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The authorities to trust, as PEM, the newest first.
    pub authorities: String,
    /// The certificate, as PEM.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: String,
    /// When to make another.
    pub renew_at: Timestamp,
}

/// Makes an authority and a certificate for `names`; the authority of `previous` stays trusted.
///
/// # Errors
/// [`CertificateError`], for names that are none.
pub fn issue(
    names: &[String],
    now: Timestamp,
    previous: Option<&Identity>,
) -> Result<Identity, CertificateError> {
    let failed = |error: rcgen::Error| CertificateError {
        name: names.first().cloned().unwrap_or_default(),
        source: error.into(),
    };
    let mut authority = CertificateParams::new(Vec::new()).map_err(failed)?;
    authority
        .distinguished_name
        .push(DnType::CommonName, "webhook authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut served = CertificateParams::new(names.to_vec()).map_err(failed)?;
    let common = names.first().map_or("webhook", String::as_str);
    served
        .distinguished_name
        .push(DnType::CommonName, common.chars().take(64).collect::<String>());
    served.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    served.insert_extended_key_usage(ExtendedKeyUsagePurpose::ServerAuth);
    for params in [&mut authority, &mut served] {
        // A day before now: the API server's clock may be behind ours.
        let (year, month, day) = date(now, -1);
        params.not_before = date_time_ymd(year, month, day);
        let (year, month, day) = date(now, DAYS);
        params.not_after = date_time_ymd(year, month, day);
    }
    let authority_key = KeyPair::generate().map_err(failed)?;
    let key = KeyPair::generate().map_err(failed)?;
    let authority_certificate = authority.self_signed(&authority_key).map_err(failed)?;
    let certificate = served
        .signed_by(&key, &Issuer::new(authority, authority_key))
        .map_err(failed)?;
    let mut authorities = authority_certificate.pem();
    if let Some(previous) = previous.and_then(|previous| first_certificate(&previous.authorities)) {
        authorities.push_str(previous);
    }
    let renew_at = now.as_second() + DAYS * SECONDS_A_DAY * 2 / 3;
    Ok(Identity {
        authorities,
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        renew_at: Timestamp::from_second(renew_at).unwrap_or(Timestamp::MAX),
    })
}

/// The day that is `later` days after now.
fn date(now: Timestamp, later: i64) -> (i32, u8, u8) {
    let then = Timestamp::from_second(now.as_second() + later * SECONDS_A_DAY).unwrap_or(now);
    let date = then.to_zoned(TimeZone::UTC).date();
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    (i32::from(date.year()), part(date.month()), part(date.day()))
}

fn first_certificate(bundle: &str) -> Option<&str> {
    const END: &str = "-----END CERTIFICATE-----";
    let end = bundle.find(END)? + END.len();
    let rest = &bundle[end..];
    let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
    Some(&bundle[..end + line_end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["webhook.operators.svc".into()]
    }

    #[test]
    fn the_authority_before_stays_trusted_and_the_one_before_that_does_not() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let first = issue(&names(), now, None).unwrap();
        let second = issue(&names(), now, Some(&first)).unwrap();
        let third = issue(&names(), now, Some(&second)).unwrap();
        assert!(second.authorities.ends_with(&first.authorities));
        assert!(!third.authorities.contains(&first.authorities));
        assert_eq!(third.authorities.matches("BEGIN CERTIFICATE").count(), 2);
        assert_eq!(first.renew_at.as_second() - now.as_second(), 60 * SECONDS_A_DAY);
        assert_ne!(first.key, second.key);
    }
}
