//! The API's description, generated from its types.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{books, documents, found, health, operations, rights};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holdfast for headquarters",
        description = "What all tills sold, took back and hold, each figure as of an entry of the server's log.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        documents::orders, found::order, documents::returns, found::returned, documents::sessions,
        books::books,
        operations::stock, operations::misfits, operations::quarantine, operations::tills,
        rights::rights,
        health::livez, health::readyz, health::metrics
    ),
    modifiers(&BearerKey)
)]
struct Api;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An API key that `holdfast-server key create` made, with the scope that the operation names.",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("key", SecurityScheme::Http(bearer));
    }
}

/// The description as it is committed in `docs/openapi.json`.
#[must_use]
pub fn openapi_json() -> String {
    // The document is made of types that always serialise.
    let mut json = Api::openapi().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}
