"""Processes once what may come twice, with Powertools' idempotency in a DynamoDB table.

Without the table (``IDEMPOTENCY_TABLE``) everything is processed as often as it comes, and no
AWS client is made.
"""

import os

HOURS = 24
"""How long a repetition is recognised; queues and Lambda repeat within minutes to hours."""


def once(key, context, action):
    """Run ``action`` unless it has been run to its end for this key.

    One that fails may be tried again; one that another invocation is at raises, so that the
    event comes back when that one has ended or died.
    """
    if not os.environ.get("IDEMPOTENCY_TABLE"):
        action()
        return
    _guarded(context)(data={"key": key}, action=action)


def _guarded(context):
    global _run, _config
    if _run is None:
        from aws_lambda_powertools.utilities.idempotency import (
            DynamoDBPersistenceLayer,
            IdempotencyConfig,
            idempotent_function,
        )

        _config = IdempotencyConfig(
            event_key_jmespath="key", expires_after_seconds=HOURS * 3600, hash_function="sha256"
        )

        def run(*, data, action):
            action()

        _run = idempotent_function(
            run,
            data_keyword_argument="data",
            persistence_store=DynamoDBPersistenceLayer(os.environ["IDEMPOTENCY_TABLE"]),
            config=_config,
        )
    # With it a record that a time-out left half done can be told from one under way.
    _config.register_lambda_context(context)
    return _run


_run = None
_config = None
