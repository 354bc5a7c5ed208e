//! Loads settings and policies.

use std::path::{Path, PathBuf};

use crate::artifact::SETTINGS_FILES;
use crate::cli::arguments::SettingsOptions;
use crate::cli::environment::working_folder;
use crate::cli::failure::{Failure, unusable};
use crate::config::{self, Settings};
use crate::discover::shown;
use crate::finding::{Baseline, Notification, Severity};
use crate::policy::{PolicySet, Reading};
use crate::repository::Repository;

/// The folder in which a repository keeps rules of its own.
pub(super) const OWN_POLICIES: &str = ".spanguard/policies";

/// Settings by option or by the nearest file above the first path.
pub(super) fn settings(
    options: &SettingsOptions,
    first: Option<&Path>,
) -> Result<Settings, Failure> {
    let found = match (&options.config, options.no_config) {
        (Some(path), _) => Some(path.clone()),
        (None, true) => None,
        (None, false) => config::find(first.unwrap_or(Path::new("."))),
    };
    let mut settings = match &found {
        Some(path) => config::load(path, &from_here(path))?,
        None => Settings::default(),
    };
    // Patterns of a file that lies in the repository are about that repository, wherever the command is run.
    settings.folder = match (&found, &options.config) {
        (Some(path), None) => path.parent().map(Path::to_path_buf).unwrap_or_default(),
        _ => working_folder(),
    };
    if let Some(profile) = options.profile {
        profile.name().clone_into(&mut settings.profile);
    }
    let own = config::find_above(first.unwrap_or(Path::new(".")), OWN_POLICIES);
    if let Some(own) = own.filter(|_| !options.no_config) {
        settings.policies.insert(0, own);
    }
    settings.policies.extend(options.policies.iter().cloned());
    Ok(settings)
}

/// A path as people see it; one above the working folder is told by the way up.
fn from_here(path: &Path) -> String {
    let base = working_folder();
    let up = path
        .parent()
        .and_then(|folder| base.strip_prefix(folder).ok());
    match (up, path.file_name()) {
        (Some(up), Some(name)) => "../".repeat(up.components().count()) + &name.to_string_lossy(),
        _ => shown(path, &base),
    }
}

/// Settings for a command that does not look at files: a mistake in them ends it.
pub(super) fn sound_settings(options: &SettingsOptions) -> Result<Settings, Failure> {
    let settings = settings(options, None)?;
    match &settings.file {
        Some(file) if !settings.problems.is_empty() => Err(unusable(file, &settings.problems)),
        _ => Ok(settings),
    }
}

/// Refuses paths that have different settings: each would be judged by those of another.
pub(super) fn agree_on_settings(
    options: &SettingsOptions,
    paths: &[PathBuf],
) -> Result<(), Failure> {
    if options.config.is_some() || options.no_config {
        return Ok(());
    }
    let existing = paths.iter().filter(|path| path.exists());
    let of = |path: &PathBuf| (config::find(path), config::find_above(path, OWN_POLICIES));
    let mut all = existing.map(|path| (path, of(path)));
    let Some((first, settings)) = all.next() else {
        return Ok(());
    };
    match all.find(|(_, other)| *other != settings) {
        None => Ok(()),
        Some((other, _)) => {
            let (first, other) = (first.display(), other.display());
            let message = format!("error: {first} and {other} have different settings or policies");
            let hint = "check them in two runs, or name the settings with `--config`";
            Err(Failure::new(message, hint))
        }
    }
}

/// The built-in policies and those of the folders that settings name.
pub(super) fn policies(settings: &Settings, reading: Reading) -> Result<PolicySet, Failure> {
    let mut set = PolicySet::built_in(reading);
    for folder in &settings.policies {
        set.load(folder_files(folder)?);
    }
    Ok(set)
}

/// A baseline.
pub(super) fn baseline(path: &Path) -> Result<Baseline, Failure> {
    let name = shown(path, &working_folder());
    let hint = "`spanguard baseline write` makes a new one";
    let text = std::fs::read(path)
        .map_err(|error| Failure::new(format!("error: cannot read {name}: {error}"), hint))?;
    let parsed = Baseline::parse(&String::from_utf8_lossy(&text));
    parsed.map_err(|error| Failure::new(format!("error: {name} is no baseline: {error}"), hint))
}

/// Id, shown path and text of every policy file below a folder.
pub(super) fn folder_files(folder: &Path) -> Result<Vec<(String, String, String)>, Failure> {
    let mut paths = Vec::new();
    collect(folder, &mut paths).map_err(|error| {
        let message = format!(
            "error: cannot read the policies in {}: {error}",
            folder.display()
        );
        Failure::new(
            message,
            "name a folder of policy files with `--policies` or under `policies`",
        )
    })?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let id = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .with_extension("");
        let id = id.to_string_lossy().replace('\\', "/");
        let name = shown(&path, &working_folder());
        let text = config::read_text(&path, &name)?;
        files.push((id, name, text));
    }
    Ok(files)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_policy = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if kind.is_dir() {
            collect(&path, paths)?;
        } else if kind.is_file() && is_policy {
            paths.push(path);
        }
    }
    Ok(())
}

/// Says which settings among the files are not those of the run.
pub(super) fn unused_settings(
    repository: &Repository,
    settings: &Settings,
) -> Option<Notification> {
    let own = settings.file.as_ref().map(|file| &file.path);
    let mut others = repository.files.iter().filter(|file| {
        let name = file.path.rsplit('/').next().unwrap_or("");
        SETTINGS_FILES.contains(&name) && Some(&file.path) != own
    });
    let first = others.next()?;
    let more = match others.count() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    Some(Notification {
        kind: "settings-not-used",
        severity: Severity::Note,
        message: format!("rules, waivers and patterns of these settings{more} are not used"),
        help: Some("check the folder by itself to use them".to_owned()),
        path: Some(first.path.to_string()),
        position: None,
    })
}
