//! Prints the API's description, which is committed as `docs/openapi.json`.

fn main() {
    print!("{}", holdfast_server::api::openapi_json());
}
