//! Homes to run Codex on.

use std::fs;
use std::path::Path;

/// Providers that exist and are never asked: nothing listens there. What looks into the network by
/// itself is off.
const CONFIG: &str = r#"
model = "mock-mini"
model_provider = "mock"
include_apps_instructions = false
check_for_update_on_startup = false
[features]
apps = false
plugins = false
remote_plugin = false
[analytics]
enabled = false
[skills]
include_instructions = false
[skills.bundled]
enabled = false
[model_providers.mock]
name = "Mock"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
[model_providers.alt-prov]
name = "Alternative"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
"#;

/// Makes a folder a home that Codex starts on. Of databases that know the files at another place it
/// keeps none: Codex would believe them.
pub(crate) fn prepare(home: &Path) {
    fs::create_dir_all(home).unwrap();
    fs::write(home.join("config.toml"), CONFIG).unwrap();
    for entry in fs::read_dir(home).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension.to_string_lossy().contains("sqlite"))
        {
            fs::remove_file(path).unwrap();
        }
    }
}
