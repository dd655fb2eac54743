//! WIT packages as bytes: a component that imports nothing and exports nothing but types, one for each interface and
//! world. Each is the type of a component that imports the interfaces used and exports the one thing under its whole name.

use wasmparser::{
    ComponentAlias, ComponentExternName, ComponentExternalKind, ComponentOuterAliasKind, ComponentType,
    ComponentTypeDeclaration, ComponentTypeRef,
};

/// What a type says of WIT.
pub(super) struct Stated {
    /// The whole name of the interface or world: `wasi:http/types@0.2.3`.
    pub(super) name: String,
    /// What it names of interfaces, in its own order.
    pub(super) named: Vec<Named>,
}

/// An interface that is named, by its name or by what stands beside a plain one.
#[derive(PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) implements: Option<String>,
    pub(super) suffix: Option<String>,
}

impl Named {
    fn of(name: &ComponentExternName<'_>) -> Option<Named> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (name.name.contains(':') || name.implements.is_some()).then(|| Named {
            name: name.name.to_owned(),
            implements: owned(name.implements),
            suffix: owned(name.version_suffix),
        })
    }
}

/// What a type says of WIT, if it is the type of an interface or a world.
pub(super) fn stated(ty: &ComponentType<'_>) -> Option<Stated> {
    let ComponentType::Component(declarations) = ty else { return None };
    let mut stated: Option<Stated> = None;
    let mut named = Vec::new();
    for declaration in declarations {
        match declaration {
            ComponentTypeDeclaration::Import(import) => named.extend(Named::of(&import.name)),
            ComponentTypeDeclaration::Export { name, ty } => {
                let whole = interface(name.name)?;
                if !matches!(ty, ComponentTypeRef::Instance(_) | ComponentTypeRef::Component(_)) || stated.is_some() {
                    return None;
                }
                stated = Some(Stated { name: whole, named: Vec::new() });
            }
            ComponentTypeDeclaration::Type(ComponentType::Component(world)) => {
                for part in world {
                    match part {
                        ComponentTypeDeclaration::Import(import) => named.extend(Named::of(&import.name)),
                        ComponentTypeDeclaration::Export { name, .. } => named.extend(Named::of(name)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    named.dedup();
    stated.map(|stated| Stated { named, ..stated })
}

fn interface(name: &str) -> Option<String> {
    name.contains(':').then(|| name.to_owned())
}

/// Whether an import makes a new type, which nothing is said of.
pub(super) fn new_type_of_import(ty: &ComponentTypeRef) -> Option<Option<Stated>> {
    matches!(ty, ComponentTypeRef::Type(_)).then_some(None)
}

/// Whether an alias makes a new type.
pub(super) fn is_type(alias: &ComponentAlias<'_>) -> bool {
    match alias {
        ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Type,
        ComponentAlias::Outer { kind, .. } => *kind == ComponentOuterAliasKind::Type,
        ComponentAlias::CoreInstanceExport { .. } => false,
    }
}
