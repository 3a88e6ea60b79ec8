"""What studies may choose from, told to whoever offers the choice."""

from __future__ import annotations

from tuner.data.profile import DatasetProfile, TargetProfile
from tuner.engine.specification import DEFAULT_PRUNER, FOLD_PRUNER, suitable_families
from tuner.models import families
from tuner.models.networks.backends import Backend
from tuner.pruners import pruner_descriptions, pruner_options
from tuner.samplers import sampler_descriptions
from tuner.training.metrics import default_metric, metrics
from tuner.wire import (
    CreateStudy,
    FamilyPage,
    FamilyResource,
    MetricOption,
    PrunerOption,
    SamplerOption,
    StudyDefaults,
    StudyOptions,
)
from tuner.wire.studies import TargetResource


def study_options() -> StudyOptions:
    """What the fields of a new study may say, whatever it is about."""
    fields = CreateStudy.model_fields
    return StudyOptions(
        samplers=tuple(
            SamplerOption(name=name, description=description) for name, description in sampler_descriptions().items()
        ),
        pruners=tuple(
            PrunerOption(name=name, description=description, options=pruner_options(name))
            for name, description in pruner_descriptions().items()
        ),
        metrics=tuple(
            MetricOption(
                name=each.name,
                description=each.description,
                direction=each.direction,
                tasks=each.tasks,
                default_for=tuple(task for task in each.tasks if default_metric(task).name == each.name),
            )
            for each in metrics().values()
        ),
        backends=tuple(Backend),
        defaults=StudyDefaults(
            sampler=fields["sampler"].default,
            pruner=DEFAULT_PRUNER,
            fold_pruner=FOLD_PRUNER,
            max_attempts=fields["max_attempts"].default,
        ),
    )


def family_page(profile: DatasetProfile | None, target: TargetProfile | None) -> FamilyPage:
    """All model families; with a target, what each would do about it.

    Args:
        profile: The table, if there is one.
        target: What is predicted, if that is known.
    """
    if profile is None or target is None:
        return FamilyPage(items=tuple(_resource(name) for name in families()))
    competing = suitable_families(profile, target)
    items = []
    for name, family in families().items():
        space = family.space(profile, target).to_json() if family.supports(profile, target) else None
        items.append(_resource(name).model_copy(update={"default": name in competing, "space": space}))
    return FamilyPage(items=tuple(items), target=TargetResource.of(target), metric=default_metric(target.task).name)


def _resource(name: str) -> FamilyResource:
    family = families()[name]
    return FamilyResource(
        name=name,
        title=family.title,
        step=family.step,
        available=family.is_available(),
        network=family.is_network,
    )
