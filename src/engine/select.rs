//! Which rules run, with which severity and parameters.

use crate::config::{Level, Settings, Waiver};
use crate::document::Node;
use crate::document::decode::article;
use crate::engine::{notice, own_rules};
use crate::finding::{Notification, Severity};
use crate::policy::{PolicySet, Rule};
use crate::repository::AROUND;
use crate::source::{Span, meant_rule, nearest};

/// A rule that runs.
#[derive(Debug)]
pub(super) struct Active<'a> {
    pub(super) rule: &'a Rule,
    pub(super) severity: Severity,
    /// Values of its parameters, in its order.
    pub(super) params: Vec<Node>,
    /// Whether it may look at what is around its subject.
    pub(super) looks_around: bool,
}

/// The rules that settings switch on, and what is wrong in the settings about rules.
pub(super) fn active<'a>(
    policies: &'a PolicySet,
    settings: &Settings,
) -> (Vec<Active<'a>>, Vec<Notification>) {
    let stated = settings.problems.iter();
    let mut problems: Vec<Notification> = stated
        .map(|stated| {
            let (message, help) = (stated.message.clone(), stated.help.clone());
            problem(settings, stated.span, message, help)
        })
        .chain(unknown_rules(policies, settings))
        .chain(idle_families(policies, settings))
        .chain(idle_waivers(policies, settings))
        .collect();
    let mut active = Vec::new();
    for rule in policies.rules.iter().filter(asked(settings)) {
        let setting = settings.rules.get(&*rule.id);
        let own = setting.and_then(|setting| setting.severity);
        let Some(severity) = severity(rule, own, settings) else {
            continue;
        };
        let given = setting.map_or(&[][..], |setting| &setting.params);
        let mut params: Vec<Node> = rule
            .params
            .iter()
            .map(|param| param.default.clone())
            .collect();
        for (name, place, value) in given {
            let known = rule
                .params
                .iter()
                .zip(&mut params)
                .find(|(param, _)| param.name == *name);
            match known {
                Some((param, slot)) if param.fits(value) => *slot = value.clone(),
                Some((param, _)) => {
                    let message = format!(
                        "`{name}` of {} is of type {}, and this is {}",
                        rule.id,
                        param.kind,
                        article(value.type_name())
                    );
                    problems.push(problem(settings, value.span, message, None));
                }
                None => {
                    let names = rule.params.iter().map(|param| param.name.as_str());
                    let help = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
                    problems.push(problem(
                        settings,
                        *place,
                        format!("{} has no parameter `{name}`", rule.id),
                        help,
                    ));
                }
            }
        }
        active.push(Active {
            rule,
            severity,
            params,
            looks_around: rule.file.text.contains(AROUND),
        });
    }
    (active, problems)
}

fn unknown_rules(policies: &PolicySet, settings: &Settings) -> Vec<Notification> {
    let unknown = settings
        .rules
        .iter()
        .filter(|(id, _)| policies.rule(id).is_none() && !own_rules::is_own(id));
    let unknown = unknown.filter(|(id, _)| {
        !policies
            .errors
            .iter()
            .any(|error| error.file.path.contains(id.as_str()))
    });
    unknown
        .map(|(id, setting)| {
            let own: Vec<_> = own_rules().map(|rule| rule.id).collect();
            let ids = policies.rules.iter().map(|rule| &*rule.id);
            let help = meant_rule(id, ids.chain(own.iter().map(|id| &**id)));
            let place = setting
                .place
                .unwrap_or(Span::new(crate::source::FileId(0), 0, 0));
            problem(settings, place, format!("there is no rule `{id}`"), help)
        })
        .collect()
}

/// With which severity a rule runs, if it does: its own entry counts first, then patterns, for what the profile runs.
fn severity(rule: &Rule, own: Option<Level>, settings: &Settings) -> Option<Severity> {
    let mut families = settings.families.iter();
    let family = families.find(|family| family.has(&rule.id));
    let level = match own {
        Some(level) => level,
        None if !rule.profiles.contains(&settings.profile) => Level::Off,
        None => family.map_or(Level::On(rule.severity()), |family| family.level),
    };
    match level {
        Level::On(severity) => Some(severity),
        Level::Off => None,
    }
}

/// Patterns that no rule belongs to.
fn idle_families(policies: &PolicySet, settings: &Settings) -> Vec<Notification> {
    let families = settings.families.iter();
    let idle = families.filter(|family| !policies.rules.iter().any(|rule| family.has(&rule.id)));
    idle.map(|family| {
        let message = format!("there is no rule `{}`", family.pattern);
        let help = "`spanguard rules` lists every rule".to_owned();
        problem(settings, family.place, message, Some(help))
    })
    .collect()
}

/// Whether a rule is among the only ones that run.
fn asked(settings: &Settings) -> impl Fn(&&Rule) -> bool {
    let only = settings.only.as_ref();
    move |rule| only.is_none_or(|tag| rule.info.tags.contains(tag))
}

/// Waivers for rules that do not exist.
fn idle_waivers(policies: &PolicySet, settings: &Settings) -> Vec<Notification> {
    let exists = |waiver: &&Waiver| {
        let mut ids = policies.rules.iter().map(|rule| &*rule.id);
        let is_own = || own_rules().any(|rule| waiver.is_about_rule(&rule.id));
        ids.any(|id| waiver.is_about_rule(id)) || is_own()
    };
    let idle = settings.waivers.iter().filter(|waiver| !exists(waiver));
    idle.map(|waiver| {
        let ids = policies.rules.iter().map(|rule| &*rule.id);
        let help = meant_rule(&waiver.pattern, ids).filter(|_| !waiver.pattern.contains('*'));
        let message = format!("there is no rule `{}`", waiver.pattern);
        problem(settings, waiver.place, message, help)
    })
    .collect()
}

/// A mistake in the settings file: the check itself is not what was asked for.
fn problem(
    settings: &Settings,
    place: Span,
    message: String,
    help: Option<String>,
) -> Notification {
    let mut notification = notice("settings", Severity::Error, message);
    notification.help = help;
    if let Some(file) = &settings.file {
        notification.path = Some(file.path.to_string());
        notification.position = Some(file.position(place.start));
    }
    notification
}

/// What is wrong in policy files.
pub(super) fn policy_errors(policies: &PolicySet) -> impl Iterator<Item = Notification> {
    policies.errors.iter().map(|error| {
        let mut notification = notice("policy", Severity::Error, error.problem.message.clone());
        notification.help.clone_from(&error.problem.help);
        notification.path = Some(error.file.path.to_string());
        notification.position = Some(error.file.position(error.problem.span.start));
        notification
    })
}
