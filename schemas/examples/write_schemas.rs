//! Writes the JSON Schemas into `schemas/json`: `make schemas`.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("json");
    fs::create_dir_all(&folder)?;
    for file in holdfast_schemas::json_schema::schema_files() {
        fs::write(folder.join(file.name), file.text)?;
        println!("wrote schemas/json/{}", file.name);
    }
    Ok(())
}
