//! Errors of the HTTP API, as problem details (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::callers::LockedOut;
use crate::{api_key::KeyRefusal, project::ProjectError, store::StoreError};

/// Why a request was not answered. One of a closed list; `type` is `urn:holdfast:problem:` and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// No key, or one that opens nothing.
    Unauthorised,
    /// A good key for something else.
    Forbidden {
        /// What it would have to allow.
        scope: &'static str,
    },
    /// There is nothing there.
    NotFound,
    /// The path is there, but not for this method.
    Method,
    /// A parameter that is not allowed, or not known.
    Parameter {
        /// What is wrong with it.
        detail: String,
    },
    /// Too many wrong keys came from this address.
    TooManyWrongKeys {
        /// After how many seconds it may try again.
        again_after_s: u64,
    },
    /// The server stops, or has too much to do.
    Unavailable,
    /// The answer took too long.
    TimedOut,
    /// The server's own fault; the log says more.
    Internal,
}

/// The body, as RFC 9457 has it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// What kind of problem it is: `urn:holdfast:problem:` and its name.
    r#type: String,
    /// The kind in words, the same for every case of it.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong in this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Problem {
    fn parts(&self) -> (StatusCode, &'static str, &'static str, Option<String>) {
        match self {
            Self::Unauthorised => (
                StatusCode::UNAUTHORIZED,
                "unauthorised",
                "An API key is needed",
                Some("send a good key as: Authorization: Bearer hf_…".to_owned()),
            ),
            Self::Forbidden { scope } => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "The API key does not allow this",
                Some(format!("the key needs the scope {scope}")),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "not-found",
                "There is nothing there",
                None,
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "This can only be read",
                None,
            ),
            Self::Parameter { detail } => (
                StatusCode::BAD_REQUEST,
                "parameter",
                "A parameter is not allowed",
                Some(detail.clone()),
            ),
            Self::TooManyWrongKeys { again_after_s } => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-wrong-keys",
                "Too many wrong keys came from this address",
                Some(format!("try again in {again_after_s} s")),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The server can't answer now",
                None,
            ),
            Self::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                "timed-out",
                "The answer took too long",
                None,
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The server failed",
                None,
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, name, title, detail) = self.parts();
        let body = ProblemBody {
            r#type: format!("urn:holdfast:problem:{name}"),
            title,
            status: status.as_u16(),
            detail,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Self::TooManyWrongKeys { again_after_s } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(again_after_s));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<LockedOut> for Problem {
    fn from(locked_out: LockedOut) -> Self {
        Self::TooManyWrongKeys {
            again_after_s: locked_out.again_after.as_secs(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "can't answer headquarters"
        );
        Self::Internal
    }
}

impl From<ProjectError> for Problem {
    fn from(error: ProjectError) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "can't answer headquarters"
        );
        Self::Internal
    }
}

impl From<KeyRefusal> for Problem {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Unknown => Self::Unauthorised,
            KeyRefusal::Scope(scope) => Self::Forbidden {
                scope: scope.name(),
            },
            KeyRefusal::Store(error) => error.into(),
        }
    }
}
