//! Writes the seeds of the fuzz targets: run it after a writer changed what it writes.

use std::{fs, io, path::Path};

use holdfast_tests::hostile::{TARGETS, corpus};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for target in TARGETS {
        let folder = root.join(target);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
    }
    for seed in corpus() {
        let folder = root.join(seed.target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
