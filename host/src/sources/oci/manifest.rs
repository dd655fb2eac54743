//! Manifests: what an artifact is made of (OCI's image specification 1.1, and Docker's of schema 2, which reads alike).

use headlock_log::digest::Digest;
use serde::Deserialize;

use crate::table;

/// The largest manifest that is read, in bytes: as large as registries have to take.
pub(in crate::sources) const MAX_MANIFEST: u64 = 4 << 20;

/// Media types of manifests, as they are asked for.
pub(super) const MEDIA_TYPES: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// The media type of a layer that is WebAssembly.
const WASM: &str = "application/wasm";

/// The one layer of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) digest: Digest,
    /// Its length in bytes, as the manifest says.
    pub(super) size: u64,
}

/// What is read of a manifest; the rest is for others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u64,
    #[serde(default, deserialize_with = "table::each")]
    layers: Vec<Described>,
    manifests: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    media_type: String,
    digest: String,
    size: u64,
}

/// The layer that is the content: the only one, or the only one that is WebAssembly.
///
/// # Errors
/// What was expected and what was found.
pub(super) fn layer(bytes: &[u8]) -> Result<Layer, String> {
    let Manifest { schema_version, layers, manifests } = serde_json::from_slice(bytes)
        .map(|table::Only(manifest)| manifest)
        .map_err(|error| format!("expected a manifest of OCI, found something else: {error}"))?;
    if manifests.is_some() {
        return Err(
            "expected the manifest of one artifact, found an index of several: name the digest of one".to_owned()
        );
    }
    if schema_version != 2 {
        return Err(format!("expected a manifest of schema 2, found {schema_version}"));
    }
    let all = layers.len();
    let mut wasm = layers.iter().filter(|layer| layer.media_type == WASM);
    let layer = match (layers.as_slice(), wasm.next(), wasm.next()) {
        ([only], _, _) => only,
        (_, Some(only), None) => only,
        (_, first, _) => {
            let which = if first.is_some() { "several of them" } else { "none of them" };
            return Err(format!("expected one layer, or one of type {WASM}, found {all}, {which} of that type"));
        }
    };
    let hex = layer.digest.strip_prefix("sha256:").ok_or_else(|| {
        format!("expected a layer by its sha256, found {:?}", layer.digest.chars().take(80).collect::<String>())
    })?;
    let digest = hex.parse().map_err(|error| format!("the layer's digest: {error}"))?;
    Ok(Layer { digest, size: layer.size })
}

#[cfg(test)]
mod tests {
    use super::layer;

    #[test]
    fn the_layer_that_is_meant_is_found() {
        let hex = "ab".repeat(32);
        let of =
            |layers: &str| format!(r#"{{"schemaVersion":2,"config":{{}},"layers":[{layers}],"annotations":{{}}}}"#);
        let one = |media: &str| format!(r#"{{"mediaType":"{media}","digest":"sha256:{hex}","size":7}}"#);
        for layers in [
            one("application/wasm"),
            one("application/vnd.wasm.content.layer.v1+wasm"),
            format!("{},{}", one("text/plain"), one("application/wasm")),
        ] {
            let found = layer(of(&layers).as_bytes()).expect(&layers);
            assert_eq!((found.digest.to_string(), found.size), (hex.clone(), 7));
        }
        let refused = [
            (of(""), "expected one layer, or one of type application/wasm, found 0, none of them of that type"),
            (
                of(&format!("{},{}", one("text/plain"), one("text/html"))),
                "expected one layer, or one of type application/wasm, found 2, none of them of that type",
            ),
            (
                of(&format!("{},{}", one("application/wasm"), one("application/wasm"))),
                "expected one layer, or one of type application/wasm, found 2, several of them of that type",
            ),
            (
                of(&one("application/wasm").replace("sha256:", "sha512:")),
                &format!("expected a layer by its sha256, found \"sha512:{hex}\""),
            ),
            (
                of(&one("application/wasm").replace(&hex, "ab")),
                "the layer's digest: expected 64 lowercase hexadecimal digits",
            ),
            (
                r#"{"schemaVersion":2,"manifests":[]}"#.to_owned(),
                "expected the manifest of one artifact, found an index of several: name the digest of one",
            ),
            (r#"{"schemaVersion":1,"layers":[]}"#.to_owned(), "expected a manifest of schema 2, found 1"),
            ("\0asm".to_owned(), "expected a manifest of OCI, found something else"),
        ];
        for (manifest, expected) in refused {
            let error = layer(manifest.as_bytes()).expect_err(&manifest);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
