"""The mends, one concern a module; ``apply`` installs them all before the cloud starts."""

from sandbox.cloud.settings import Settings

from . import (
    api_gateway,
    api_integrations,
    api_logs,
    cloudwatch,
    deliveries,
    discovery,
    eks,
    engine,
    event_sources,
    execution_role,
    function_urls,
    lambda_aliases,
    lambda_async,
    lambda_errors,
    lambda_permissions,
    lambda_roles,
    lambda_validation,
    lambda_workers,
    load_balancers,
    managed_policies,
    metric_balancers,
    metric_clusters,
    metric_functions,
    metric_insights,
    metric_logs,
    metric_queues,
    metric_streams,
    metric_tables,
    metric_tasks,
    metric_topics,
    pipes,
    registry,
    retirement,
    rollouts,
    schedules,
    secure_transport,
    sfn_branches,
    sfn_callbacks,
    sfn_callers,
    sfn_calls,
    sfn_choices,
    sfn_executions,
    sfn_logs,
    sfn_releases,
    sfn_reports,
    sfn_roles,
    sfn_tasks,
    sfn_tracing,
    sfn_variables,
    sfn_views,
    signatures,
    sns_subscriptions,
    task_containers,
    task_credentials,
    task_logs,
    xray,
)


def apply(settings: Settings) -> None:
    """Install every patch; raises guard.UpstreamChangedError if the emulator changed under one."""
    engine.apply(settings)
    registry.apply(settings)
    lambda_errors.apply(settings)
    balancer = load_balancers.apply(settings)
    metric_balancers.apply(settings, balancer)
    metric_clusters.apply(settings)
    metric_functions.apply(settings)
    metric_logs.apply(settings)
    metric_insights.apply(settings)
    metric_queues.apply(settings)
    metric_streams.apply(settings)
    metric_tables.apply(settings)
    metric_tasks.apply(settings)
    metric_topics.apply(settings)
    task_containers.apply(settings)
    task_credentials.apply(settings)
    task_logs.apply(settings)
    execution_role.apply(settings)
    retirement.apply(settings, balancer)
    rollouts.apply(settings, balancer)
    discovery.apply(settings)
    secure_transport.apply(settings)
    deliveries.apply(settings)
    lambda_aliases.apply(settings)
    lambda_permissions.apply(settings)
    lambda_async.apply(settings)
    lambda_roles.apply(settings)
    lambda_validation.apply(settings)
    lambda_workers.apply(settings)
    signatures.apply(settings)
    function_urls.apply(settings)
    schedules.apply(settings)
    api_gateway.apply(settings)
    api_integrations.apply(settings)
    api_logs.apply(settings)
    event_sources.apply(settings)
    sfn_variables.apply(settings)
    sfn_choices.apply(settings)
    sfn_tasks.apply(settings)
    sfn_branches.apply(settings)
    sfn_calls.apply(settings)
    sfn_callbacks.apply(settings)
    sfn_tracing.apply(settings)
    sfn_roles.apply(settings)
    sfn_releases.apply(settings)
    sfn_executions.apply(settings)
    sfn_views.apply(settings)
    sfn_reports.apply(settings)
    sfn_logs.apply(settings)
    sfn_callers.apply(settings)
    pipes.apply(settings)
    managed_policies.apply(settings)
    sns_subscriptions.apply(settings)
    cloudwatch.apply(settings)
    xray.apply(settings)
    eks.apply(settings)
