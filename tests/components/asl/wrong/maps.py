"""Parallel and Map states."""

from ..machines import distributed, each, machine, passes
from .case import Wrong, one, reader, without

MAPS = [
    Wrong(
        one(distributed(ItemBatcher={"MaxItemsPerBatch": 0})),
        "state 'A', ItemBatcher.MaxItemsPerBatch: must be a whole number from 1",
    ),
    Wrong(
        one(distributed(ItemBatcher={"MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.m"})),
        "state 'A', ItemBatcher.MaxItemsPerBatchPath: cannot stand beside MaxItemsPerBatch.",
    ),
    Wrong(
        one(distributed(ItemBatcher={"MaxItemsPerBatchPath": "m"})),
        "state 'A', ItemBatcher.MaxItemsPerBatchPath: 'm' is no path.",
    ),
    Wrong(
        reader(ReaderConfig={"InputType": "JSON", "MaxItems": 0}),
        "state 'A', ItemReader.ReaderConfig.MaxItems: must be a whole number from 1",
    ),
    Wrong(
        one(distributed("Express")),
        "state 'A', ItemProcessor.ProcessorConfig.ExecutionType: 'Express' is not valid.",
    ),
    Wrong(one({"Type": "Parallel", "Branches": [], "End": True}), "state 'A', Branches: is empty."),
    Wrong(
        one({"Type": "Parallel", "Branches": {}, "End": True}),
        "state 'A', Branches: must be an array, not an object.",
    ),
    Wrong(
        one({"Type": "Parallel", "Branches": [5], "End": True}),
        "state 'A', Branches[0]: must be an object: a branch with StartAt and States.",
    ),
    Wrong(one(each(ItemProcessor=[])), "state 'A', ItemProcessor: must be an object: an item"),
    Wrong(
        one(each(ItemProcessor={"Mode": "INLINE", **machine(B=passes())})),
        "state 'A', ItemProcessor.Mode: is no field here. An item processor has Comment,",
    ),
    Wrong(
        one({**without(each(), "ItemProcessor"), "Iterator": machine(B=passes())}),
        "state 'A', Iterator: is the old name. Use ItemProcessor.",
        warning=True,
    ),
    Wrong(
        one({**without(each(), "ItemSelector"), "Parameters": {}}),
        "state 'A', Parameters: is the old name in a Map. Use ItemSelector.",
        warning=True,
    ),
    Wrong(one(each(MaxConcurrency=-1)), "state 'A', MaxConcurrency: must be a whole number from 0"),
    Wrong(
        one(each(MaxConcurrency=1, MaxConcurrencyPath="$.m")),
        "state 'A', MaxConcurrencyPath: cannot stand beside MaxConcurrency.",
    ),
    Wrong(
        one(each(Label="x")), "state 'A', Label: belongs to distributed maps. Set ItemProcessor."
    ),
    Wrong(
        one(each(ItemProcessor={"ProcessorConfig": {"Mode": "INLIN"}, **machine(B=passes())})),
        "state 'A', ItemProcessor.ProcessorConfig.Mode: 'INLIN' is not valid. Did you",
    ),
    Wrong(
        one(each(ItemProcessor={"ProcessorConfig": [], **machine(B=passes())})),
        "state 'A', ItemProcessor.ProcessorConfig: must be an object, not an array.",
    ),
    Wrong(
        one(each(ItemProcessor={"ProcessorConfig": {"Typ": 1}, **machine(B=passes())})),
        "state 'A', ItemProcessor.ProcessorConfig.Typ: is no field here. ProcessorConfig has",
    ),
    Wrong(
        one(
            each(ItemProcessor={"ProcessorConfig": {"Mode": "DISTRIBUTED"}, **machine(B=passes())})
        ),
        "state 'A', ItemProcessor.ProcessorConfig.ExecutionType: is missing: a distributed map",
    ),
    Wrong(
        one(
            each(
                ItemProcessor={
                    "ProcessorConfig": {"Mode": "INLINE", "ExecutionType": "EXPRESS"},
                    **machine(B=passes()),
                }
            )
        ),
        "state 'A', ItemProcessor.ProcessorConfig.ExecutionType: has no meaning inline.",
    ),
    Wrong(
        one(distributed(ToleratedFailurePercentage=101)),
        "state 'A', ToleratedFailurePercentage: must be a number from 0 to 100, not 101.",
    ),
    Wrong(one(distributed(ToleratedFailureCount=-1)), "state 'A', ToleratedFailureCount: must be"),
    Wrong(
        one(distributed(Label="a b")), "state 'A', Label: must be a text of at most 40 characters"
    ),
    Wrong(one(distributed(Label="a" * 41)), "state 'A', Label: must be a text of at most 40"),
    Wrong(
        machine(
            A=without(distributed(Label="x"), "End") | {"Next": "B"},
            B=distributed(Label="x")
            | {
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    **machine(C=passes()),
                }
            },
        ),
        "state 'B', Label: 'x' is taken by 'A'. Use another.",
    ),
    Wrong(reader(Bucket="b"), "state 'A', ItemReader.Bucket: is no field here. ItemReader has"),
    Wrong(
        reader(Resource="arn:aws:states:::s3:getObjct"), "state 'A', ItemReader.Resource: ", "mean"
    ),
    Wrong(
        one(distributed(ItemReader=[])), "state 'A', ItemReader: must be an object, not an array."
    ),
    Wrong(one(distributed(ItemReader={})), "state 'A', ItemReader.Resource: is missing."),
    Wrong(
        reader(ReaderConfig={"InputType": "XML"}),
        "state 'A', ItemReader.ReaderConfig.InputType: 'XML' is not valid.",
    ),
    Wrong(
        reader(ReaderConfig={"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}),
        "state 'A', ItemReader.ReaderConfig.CSVHeaders: is missing. Name the columns.",
    ),
    Wrong(
        reader(ReaderConfig={"InputType": "CSV", "MaxItems": 1, "MaxItemsPath": "$.m"}),
        "state 'A', ItemReader.ReaderConfig.MaxItemsPath: cannot stand beside MaxItems.",
    ),
    Wrong(reader(ReaderConfig=1), "state 'A', ItemReader.ReaderConfig: must be an object, not 1."),
    Wrong(
        one(distributed(ResultWriter={"Parameters": {}})),
        "state 'A', ResultWriter.Resource: is missing. Use 'arn:aws:states:::s3:putObject'.",
    ),
    Wrong(one(distributed(ItemBatcher={})), "state 'A', ItemBatcher.MaxItemsPerBatch: is missing."),
    Wrong(one(distributed(ItemBatcher=1)), "state 'A', ItemBatcher: must be an object, not 1."),
    Wrong(
        one(distributed(ItemBatcher={"MaxItemsPerBatch": 1, "Input": 1})),
        "state 'A', ItemBatcher.Input: is no field here.",
    ),
]
