"""The languages of CloudWatch Logs: filter patterns, embedded metrics, Insights queries.

Pure functions over text; ``sandbox.cloud.patches.metric_logs`` puts them in the emulator's place.
"""
