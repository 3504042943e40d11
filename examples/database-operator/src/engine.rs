//! What the operator knows about each database software.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ExecAction, Probe, SecretKeySelector};

use crate::api::Engine;

/// The facts that differ from one database software to the next.
impl Engine {
    /// The name used in labels, images' names and messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::MongoDb => "mongodb",
        }
    }

    /// The official image of a version.
    pub(crate) fn image(self, version: &str) -> String {
        let repository = match self {
            Self::PostgreSql => "postgres",
            Self::MySql => "mysql",
            Self::MongoDb => "mongo",
        };
        format!("docker.io/library/{repository}:{version}")
    }

    /// The port clients connect to.
    pub(crate) fn port(self) -> i32 {
        match self {
            Self::PostgreSql => 5432,
            Self::MySql => 3306,
            Self::MongoDb => 27017,
        }
    }

    /// Where the software keeps its data.
    pub(crate) fn data_directory(self) -> &'static str {
        match self {
            // Not the image's own place, which moved between versions and is an anonymous volume.
            Self::PostgreSql => "/var/lib/database",
            Self::MySql => "/var/lib/mysql",
            Self::MongoDb => "/data/db",
        }
    }

    /// The user and group the image runs as, so that it can write to its volume.
    pub(crate) fn user(self) -> i64 {
        999
    }

    /// The command line: the software's own flags, one for each setting.
    pub(crate) fn arguments(self, config: &BTreeMap<String, String>) -> Vec<String> {
        match self {
            Self::PostgreSql => config
                .iter()
                .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
                .collect(),
            Self::MySql => config
                .iter()
                .map(|(name, value)| format!("--{name}={value}"))
                .collect(),
            Self::MongoDb => config
                .iter()
                .flat_map(|(name, value)| ["--setParameter".to_owned(), format!("{name}={value}")])
                .collect(),
        }
    }

    /// The environment of the container: the administrator's password from the Secret, and where the data goes.
    pub(crate) fn environment(self, secret: &str) -> Vec<EnvVar> {
        let password = |name: &str| EnvVar {
            name: name.into(),
            value_from: Some(EnvVarSource {
                secret_key_ref: Some(SecretKeySelector {
                    name: secret.into(),
                    key: "password".into(),
                    optional: None,
                }),
                ..EnvVarSource::default()
            }),
            ..EnvVar::default()
        };
        let plain = |name: &str, value: &str| EnvVar {
            name: name.into(),
            value: Some(value.into()),
            ..EnvVar::default()
        };
        match self {
            Self::PostgreSql => {
                // A directory below the mount, which initdb can own and close to others.
                vec![
                    password("POSTGRES_PASSWORD"),
                    plain("PGDATA", "/var/lib/database/pgdata"),
                ]
            }
            Self::MySql => vec![password("MYSQL_ROOT_PASSWORD")],
            Self::MongoDb => {
                vec![
                    plain("MONGO_INITDB_ROOT_USERNAME", "root"),
                    password("MONGO_INITDB_ROOT_PASSWORD"),
                ]
            }
        }
    }

    /// Asks the server itself whether it takes connections.
    pub(crate) fn readiness_probe(self) -> Probe {
        let command: &[&str] = match self {
            Self::PostgreSql => &["pg_isready", "-U", "postgres", "-h", "127.0.0.1"],
            Self::MySql => &[
                "sh",
                "-c",
                "mysqladmin ping -h 127.0.0.1 -uroot -p\"$MYSQL_ROOT_PASSWORD\"",
            ],
            Self::MongoDb => &["mongosh", "--quiet", "--eval", "db.adminCommand('ping').ok"],
        };
        Probe {
            exec: Some(ExecAction {
                command: Some(command.iter().map(|&word| word.to_owned()).collect()),
            }),
            period_seconds: Some(5),
            timeout_seconds: Some(5),
            failure_threshold: Some(3),
            ..Probe::default()
        }
    }

    /// Gives a server time to start or to recover its log before liveness counts.
    pub(crate) fn startup_probe(self) -> Probe {
        Probe {
            failure_threshold: Some(60),
            ..self.readiness_probe()
        }
    }

    /// Restarts a server that has hung. Slower than readiness, since a restart costs connections.
    pub(crate) fn liveness_probe(self) -> Probe {
        Probe {
            period_seconds: Some(20),
            failure_threshold: Some(6),
            ..self.readiness_probe()
        }
    }
}
