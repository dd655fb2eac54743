//! Compiled code between runs: kept in the cache folder under a MAC whose key lies elsewhere.
//!
//! Loading compiled code is as good as running it, and cache folders travel (a CI system restores them from wherever).
//! So nothing is taken from one that this user has not put there: every file is sealed with HMAC-SHA256 under a secret
//! key of the state folder, over the code and over all that it depends on. A file is read once, checked in memory, and
//! only these bytes are loaded. Whatever is wrong with one (missing, torn, foreign, of another version, unreadable)
//! means that the component is compiled again; a cache never makes anything fail.

use std::fs::OpenOptions;
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use headlock_log::digest::Digest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

use crate::files::open_regular;

use super::configuration::Backend;
use super::trusted;
use crate::component::Solver;

/// The format of sealed files; part of what is sealed.
const FORMAT: &str = "headlock compiled code 1";
/// The wasmtime of Cargo.lock, to the patch: code compiled by a version with a defect must not outlive it. A test
/// compares.
pub const WASMTIME: &str = "48.0.8";
/// The largest compiled code that is kept, in bytes.
const MAX_CODE_BYTES: u64 = 512 << 20;
/// Bytes of a seal.
const SEAL_BYTES: usize = 32;
/// Bytes of a key: one block of the hash.
const KEY_BYTES: usize = 64;
/// The key's file in the state folder.
const KEY_FILE: &str = "compiled-code.key";

/// Compiled code between runs.
#[derive(Clone)]
pub struct CompiledCache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
}

impl std::fmt::Debug for CompiledCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledCache").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Code whose seal was checked. Made by [`CompiledCache::open_sealed`] alone.
pub(super) struct Opened {
    file: Vec<u8>,
}

impl Opened {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.file[SEAL_BYTES..]
    }
}

impl CompiledCache {
    /// The compiled code below the cache folder, with the key of the state folder, which is made where there is none.
    ///
    /// Nothing where that cannot be had: the key cannot be read or written, others may read it, or it would lie inside
    /// the cache folder. Then components are compiled at each start.
    pub fn open(cache: &Path, state: &Path) -> Option<CompiledCache> {
        match key(cache, state) {
            Ok(key) => Some(CompiledCache { folder: cache.join("compiled"), key }),
            Err(error) => {
                tracing::debug!(%error, "compiled code is not kept");
                None
            }
        }
    }

    /// The component's code, if this user has compiled it before with this very engine.
    pub(super) fn load(&self, engine: &wasmtime::Engine, backend: Backend, solver: &Solver) -> Option<Component> {
        let identity = Identity::new(engine, backend, solver);
        let path = self.folder.join(identity.file_name());
        let loaded = self.open_sealed(&path, &identity).and_then(|opened| {
            trusted::deserialize(engine, &opened).map_err(|error| io::Error::other(error.to_string()))
        });
        match loaded {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "no compiled code");
                None
            }
        }
    }

    /// Keeps a component's code for the next run.
    pub(super) fn store(&self, engine: &wasmtime::Engine, backend: Backend, solver: &Solver, component: &Component) {
        let identity = Identity::new(engine, backend, solver);
        let path = self.folder.join(identity.file_name());
        let stored = component.serialize().map_err(|error| io::Error::other(error.to_string())).and_then(|code| {
            if code.len() as u64 > MAX_CODE_BYTES {
                return Err(io::Error::other("the code is too large to be kept"));
            }
            std::fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::Builder::new().prefix(".compiled-").tempfile_in(&self.folder)?;
            file.write_all(&self.seal(&identity, &code).finalize().into_bytes())?;
            file.write_all(&code)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        });
        if let Err(error) = stored {
            tracing::debug!(path = %path.display(), %error, "compiled code was not kept");
        }
    }

    /// Reads a file once and checks its seal in memory.
    fn open_sealed(&self, path: &Path, identity: &Identity) -> io::Result<Opened> {
        let mut file = Vec::new();
        let limit = MAX_CODE_BYTES + SEAL_BYTES as u64;
        open_regular(path)?.take(limit + 1).read_to_end(&mut file)?;
        let Some((seal, code)) = file.split_at_checked(SEAL_BYTES).filter(|_| file.len() as u64 <= limit) else {
            return Err(io::Error::other("not a sealed file"));
        };
        // Compares in constant time.
        self.seal(identity, code).verify_slice(seal).map_err(|_| io::Error::other("the seal is not of this key"))?;
        Ok(Opened { file })
    }

    fn seal(&self, identity: &Identity, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&self.key.into());
        mac.update(&identity.bytes);
        mac.update(&(code.len() as u64).to_be_bytes());
        mac.update(code);
        mac
    }
}

/// All that compiled code depends on, each part with its length before it.
struct Identity {
    bytes: Vec<u8>,
}

impl Identity {
    fn new(engine: &wasmtime::Engine, backend: Backend, solver: &Solver) -> Identity {
        // Wasmtime's own word on what makes two engines compatible: target, its features, all settings.
        let mut configuration = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut configuration);
        let configuration: [u8; 32] = configuration.0.finalize().into();
        let sha256 = solver.sha256();
        let parts: [&[u8]; 7] = [
            FORMAT.as_bytes(),
            WASMTIME.as_bytes(),
            std::env::consts::ARCH.as_bytes(),
            std::env::consts::OS.as_bytes(),
            backend.name().as_bytes(),
            &configuration,
            &sha256.0,
        ];
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        Identity { bytes }
    }

    fn file_name(&self) -> String {
        Digest::of(&self.bytes).to_string()
    }
}

/// A sha256 of what is hashed; only ever compared on one machine.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        digest.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}

/// The key, made on first use.
fn key(cache: &Path, state: &Path) -> io::Result<[u8; KEY_BYTES]> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(state)?;
    if let (Ok(cache), state) = (cache.canonicalize(), state.canonicalize()?)
        && state.starts_with(&cache)
    {
        return Err(io::Error::other("the state folder lies inside the cache folder"));
    }
    let path = state.join(KEY_FILE);
    match read_key(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    // Temporary files are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".key-").tempfile_in(state)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(key),
        // Another run was faster: its key is the key.
        Err(_) => read_key(&path),
    }
}

fn read_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let no_follow = flags.bits() as i32;
    let mut file = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 {
        return Err(io::Error::other(format!("{} may be read or written by others", path.display())));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other(format!("{} belongs to another user", path.display())));
    }
    if metadata.len() != KEY_BYTES as u64 {
        return Err(io::Error::other(format!("{} is no key", path.display())));
    }
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::engine::components;

    struct Folders {
        root: tempfile::TempDir,
    }

    impl Folders {
        fn new() -> Folders {
            Folders { root: tempfile::tempdir().expect("a folder") }
        }

        fn cache(&self) -> PathBuf {
            self.root.path().join("cache")
        }

        fn state(&self) -> PathBuf {
            self.root.path().join("state")
        }

        fn open(&self) -> CompiledCache {
            CompiledCache::open(&self.cache(), &self.state()).expect("a cache")
        }

        /// The only file of compiled code.
        fn file(&self) -> PathBuf {
            let mut files = std::fs::read_dir(self.cache().join("compiled")).expect("a folder");
            let file = files.next().expect("a file").expect("a file").path();
            assert!(files.next().is_none());
            file
        }
    }

    fn solver() -> Solver {
        Solver::new(components::exhausted()).expect("a solver")
    }

    fn stored(folders: &Folders, backend: Backend) -> (wasmtime::Engine, Solver) {
        let engine = backend.engine(true).expect("an engine");
        let solver = solver();
        let component = Component::from_binary(&engine, solver.bytes()).expect("a component");
        folders.open().store(&engine, backend, &solver, &component);
        (engine, solver)
    }

    #[test]
    fn code_is_taken_back_by_the_same_engine() {
        for backend in Backend::ALL {
            let folders = Folders::new();
            let (engine, solver) = stored(&folders, backend);
            assert!(folders.open().load(&engine, backend, &solver).is_some(), "{backend}");
        }
    }

    #[test]
    fn every_changed_byte_of_the_seal_and_any_of_the_code_is_noticed() {
        let folders = Folders::new();
        let (engine, solver) = stored(&folders, Backend::Cranelift);
        let good = std::fs::read(folders.file()).expect("sealed code");
        let places = (0..SEAL_BYTES).chain((SEAL_BYTES..good.len()).step_by(good.len() / 2000)).chain([good.len() - 1]);
        for place in places {
            let mut bad = good.clone();
            bad[place] ^= 1;
            std::fs::write(folders.file(), bad).expect("written");
            assert!(folders.open().load(&engine, Backend::Cranelift, &solver).is_none(), "byte {place}");
        }
        for length in [0, 1, SEAL_BYTES - 1, SEAL_BYTES, good.len() - 1] {
            std::fs::write(folders.file(), &good[..length]).expect("written");
            assert!(folders.open().load(&engine, Backend::Cranelift, &solver).is_none(), "{length} bytes");
        }
        std::fs::write(folders.file(), &good).expect("written");
        assert!(folders.open().load(&engine, Backend::Cranelift, &solver).is_some());
    }

    #[test]
    fn code_that_is_swapped_meanwhile_is_loaded_as_it_was_checked_or_not_at_all() {
        let folders = Folders::new();
        let (engine, solver) = stored(&folders, Backend::Cranelift);
        let (file, identity) = (folders.file(), Identity::new(&engine, Backend::Cranelift, &solver));
        let good = std::fs::read(&file).expect("sealed code");
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let (mut opened, mut refused) = (0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    for content in [&bad, &good] {
                        std::fs::write(&file, content).expect("written");
                    }
                }
            });
            for _ in 0..1000 {
                match folders.open().open_sealed(&file, &identity) {
                    Ok(sealed) => {
                        assert!(sealed.bytes() == &good[SEAL_BYTES..], "other code than was sealed");
                        opened += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(refused > 0, "{opened} opened, {refused} refused: nothing was swapped");
        std::fs::write(&file, &good).expect("written");
        assert!(folders.open().load(&engine, Backend::Cranelift, &solver).is_some());
    }

    #[test]
    fn code_of_another_user_another_component_or_another_backend_is_not_taken() {
        let folders = Folders::new();
        let (engine, solver) = stored(&folders, Backend::Cranelift);
        let file = folders.file();
        let identity = Identity::new(&engine, Backend::Cranelift, &solver);
        let opened = |cache: &CompiledCache, identity: &Identity| {
            cache.open_sealed(&file, identity).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(opened(&folders.open(), &identity), Ok(()));
        let foreign = Err("the seal is not of this key".to_owned());
        let elsewhere = Folders::new();
        assert_eq!(opened(&elsewhere.open(), &identity), foreign);
        let other = Solver::new(components::unreachable()).expect("a solver");
        assert_eq!(opened(&folders.open(), &Identity::new(&engine, Backend::Cranelift, &other)), foreign);
        let pulley = Backend::Pulley.engine(true).expect("an engine");
        assert_eq!(opened(&folders.open(), &Identity::new(&pulley, Backend::Pulley, &solver)), foreign);
        let uninterrupted = Backend::Cranelift.engine(false).expect("an engine");
        assert_eq!(opened(&folders.open(), &Identity::new(&uninterrupted, Backend::Cranelift, &solver)), foreign);
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let configured = wasmtime::Engine::new(&config).expect("an engine");
        assert_eq!(opened(&folders.open(), &Identity::new(&configured, Backend::Cranelift, &solver)), foreign);
    }

    #[test]
    fn the_key_is_made_once_and_is_secret() {
        let folders = Folders::new();
        let first = folders.open();
        let mode = std::fs::metadata(folders.state().join(KEY_FILE)).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(first.key, folders.open().key);
        assert_ne!(first.key, Folders::new().open().key);
        assert!(!format!("{first:?}").contains(&format!("{:?}", first.key)));
    }

    #[test]
    fn a_key_that_others_may_read_or_that_travels_with_the_cache_is_not_used() {
        let folders = Folders::new();
        folders.open();
        let file = folders.state().join(KEY_FILE);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("changed");
        assert!(CompiledCache::open(&folders.cache(), &folders.state()).is_none());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("changed");
        assert!(CompiledCache::open(&folders.cache(), &folders.state()).is_some());
        std::fs::write(&file, b"short").expect("written");
        assert!(CompiledCache::open(&folders.cache(), &folders.state()).is_none());
        let inside = folders.cache().join("state");
        std::fs::create_dir_all(folders.cache()).expect("a folder");
        assert!(CompiledCache::open(&folders.cache(), &inside).is_none());
        let link = folders.root.path().join("link");
        std::fs::create_dir(&link).expect("a folder");
        std::os::unix::fs::symlink(&file, link.join(KEY_FILE)).expect("a link");
        assert!(CompiledCache::open(&folders.cache(), &link).is_none());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_failure() {
        let folders = Folders::new();
        // A file where the folder should be: fails for every user, root included.
        std::fs::create_dir_all(folders.cache()).expect("a folder");
        std::fs::write(folders.cache().join("compiled"), b"").expect("written");
        let (engine, solver) = stored(&folders, Backend::Cranelift);
        assert!(folders.open().load(&engine, Backend::Cranelift, &solver).is_none());
    }

    #[test]
    fn the_named_wasmtime_is_the_one_of_the_lock() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let lock = std::fs::read_to_string(lock).expect("Cargo.lock");
        assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{WASMTIME}\"\n")), "change WASMTIME");
    }
}
