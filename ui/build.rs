//! Compiles the screens.

fn main() -> Result<(), slint_build::CompileError> {
    let configuration = slint_build::CompilerConfiguration::new()
        .embed_resources(slint_build::EmbedResourcesKind::EmbedFiles)
        // Tests find elements by the names that they have in the files.
        .with_debug_info(true);
    slint_build::compile_with_config("ui/till.slint", configuration)
}
