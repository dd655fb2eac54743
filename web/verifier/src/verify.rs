//! Verifying with what was given, as `headlock verify --trust FILE --bundle FILE` does.

use std::path::Path;
use std::sync::Arc;

use headlock::bundle::Bundle;
use headlock::component::{MAX_COMPONENT, Solver};
use headlock::derive::derive;
use headlock::error::{Error, Result};
use headlock::solve::Solving;
use headlock::solvers::accept::accept as accepted_by;
use headlock::solvers::component::named_solver;
use headlock::solvers::refuse_unknown;
use headlock::sources::{Access, Network};
use headlock::verify::Verification;
use headlock_log::digest::Digest;

use crate::given::{File, Given, Role};
use crate::report::{self, Executed, Report};
use crate::shape::core_module;

/// What runs solvers.
pub trait Engine {
    /// In words, for a verdict.
    fn describe(&self) -> &'static str;

    /// A fresh instance of a core module that imports nothing.
    ///
    /// # Errors
    /// What is wrong with it, if it cannot be run.
    fn begin(&mut self, module: &[u8]) -> Result<Box<dyn Solving>, String>;
}

/// Verifies. `accept` are the solvers that whoever verifies accepts beside those of the trust file, by their sha256.
pub fn verify(given: Given, accept: &[String], engine: &mut dyn Engine) -> Report {
    let mut report = Report::default();
    let outcome = run(given, accept, engine, &mut report);
    report.end(outcome.err())
}

fn run(mut given: Given, accept: &[String], engine: &mut dyn Engine, report: &mut Report) -> Result<()> {
    let (lock_file, lock) = given.lock()?;
    report.lock = Some(report::Lock::new(&lock));
    let trust = given.trust()?;
    report.trust = Some(report::Trust::new(&trust));
    let solver_file = given.take(Role::Solver)?;
    let bundle_file = given.take(Role::Bundle)?.ok_or_else(|| {
        Error::could_not_check("there is no bundle among the files, and a page asks no registry")
            .hint("`headlock bundle -o headlock.bundle` makes one")
    })?;
    let accept = accept
        .iter()
        .map(|text| text.parse().map_err(|error| Error::malformed(format!("the accepted solver {text:?}: {error}"))));
    let accept = accept.collect::<Result<Vec<Digest>>>()?;

    let File { name, bytes, .. } = bundle_file;
    let bundle = Arc::new(Bundle::of_bytes(Path::new(&name), bytes)?);
    report.bundle = Some(report::Bundle::new(&bundle));
    let access = Access { network: Network::Offline, bundle: Some(Arc::clone(&bundle)), ..Access::default() };
    let path = Path::new(&lock_file.name);
    let verification = Verification {
        path,
        lock: &lock,
        manifest: None,
        trust: &trust,
        access: &access,
        memory: None,
        seen: None,
        accept: &accept,
    };
    let unknown = refuse_unknown(&lock.claim.solver, &trust, &accept).err().map(|error| error.to_string());
    let mut executed = None;
    let verified = verification.verify(
        |claim, _| {
            let solver = component(&bundle, solver_file.as_ref(), claim)?;
            // What is not accepted by itself is accepted by a rule, or this would not be asked for.
            let accepted = accepted_by(claim, &trust, &accept, None, &[]).ok();
            report.solver = Some(report::Solver::new(&solver, accepted.as_ref()));
            Ok(solver)
        },
        |solver, inputs, graph, pages| {
            let module = core_module(solver)?;
            let mut session = engine.begin(module).map_err(|what| {
                Error::could_not_check(format!("the solver {} could not be started: {what}", solver.sha256()))
            })?;
            let (derived, solved) = derive(inputs, graph, session.as_mut(), pages)?;
            executed = Some(Executed::new(&solved));
            Ok(derived)
        },
    );
    let verified = verified.inspect_err(|error| {
        if unknown.as_deref() == Some(error.to_string().as_str()) {
            report.unaccepted = Some(lock.claim.solver.sha256.to_string());
        }
    })?;
    report.executed = executed;
    report.verified = Some(report::Verified::new(&verified));
    let beside = headlock::report::Beside {
        trust: &trust,
        engine: engine.describe(),
        bundle: Some((Path::new(&name), bundle.files())),
        manifest: None,
    };
    let lines = headlock::report::verdict(&lock, &verified, &beside);
    report.lines = lines.iter().map(|line| headlock::report::escape(line)).collect();
    Ok(())
}

/// The component that a lock names: from the file that was given, else from the bundle, else the released one.
fn component(bundle: &Bundle, file: Option<&File>, claim: &headlock::lock::SolverId) -> Result<Solver> {
    // What a bundle carries is checked, whosever component is used.
    let carried = bundle.component(&claim.sha256, MAX_COMPONENT).transpose()?;
    let Some(File { name, bytes, .. }) = file else { return named_solver(claim, carried) };
    named_solver(claim, Some(bytes.clone())).map_err(|error| {
        let named = Error::new(error.kind(), format!("{name}: {error}"));
        match error.hint_text() {
            Some(hint) => named.hint(hint),
            None => named,
        }
    })
}
