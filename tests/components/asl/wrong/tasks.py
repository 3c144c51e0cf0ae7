"""Resources, their arguments and task tokens."""

from ..machines import INVOKE, LAMBDA, SEND, callback, calls, invoke, jsonata
from .case import Wrong, one, task, without

TASKS = [
    Wrong(one(invoke(HeartbeatSeconds=0)), "state 'A', HeartbeatSeconds: must be a whole number"),
    Wrong(one(invoke(Resource=5)), "state 'A', Resource: must be a string, not 5."),
    Wrong(
        one(invoke(Resource="charge")), "state 'A', Resource: 'charge' is nothing that a task can"
    ),
    Wrong(
        task("arn:aws:states:::lamda:invoke", FunctionName="x"),
        "state 'A', Resource: Step Functions has no optimized integration 'lamda'. Did you mean "
        "'lambda'?",
    ),
    Wrong(
        task("arn:aws:states:::s3:copyObject"),
        "state 'A', Resource: Step Functions has no optimized integration 's3'.",
        "'arn:aws:states:::aws-sdk:s3:copyObject'",
    ),
    Wrong(
        task("arn:aws:states:::dynamodb:getitem"),
        "state 'A', Resource: the optimized integration 'dynamodb' has no 'getitem'. Did you mean "
        "'getItem'?",
    ),
    Wrong(
        task("arn:aws:states:::ecs:runTask.synch"),
        "state 'A', Resource: there is no '.synch' at its end. Did you mean '.sync'?",
    ),
    Wrong(
        task("arn:aws:states:::lambda:invoke.sync", FunctionName="x"),
        "state 'A', Resource: lambda:invoke has no '.sync'. There is .waitForTaskToken",
    ),
    Wrong(
        task("arn:aws:states:::dynamodb:getItem.waitForTaskToken"),
        "state 'A', Resource: dynamodb:getItem has no '.waitForTaskToken'. There is none",
    ),
    Wrong(
        task("arn:aws:states:::aws-sdk:s3"), "state 'A', Resource: an SDK integration is 'arn:aws"
    ),
    Wrong(
        task("arn:aws:states:::aws-sdk:S3:listBuckets"),
        "state 'A', Resource: the SDK has no service 'S3'.",
    ),
    Wrong(
        task("arn:aws:states:::aws-sdk:s3:ListBuckets"),
        "state 'A', Resource: 'ListBuckets' is no action. Actions are in camel case: 'listBuckets'",
    ),
    Wrong(
        task("arn:aws:states:::aws-sdk:batch:submitJob.sync"),
        "state 'A', Resource: SDK integrations have no '.sync'. There is .waitForTaskToken.",
    ),
    Wrong(task(INVOKE, Payload=1), "state 'A', Parameters.FunctionName: is missing: lambda:invoke"),
    Wrong(
        one(without(invoke(), "Parameters")),
        "state 'A', Parameters.FunctionName: is missing: lambda:invoke needs FunctionName.",
    ),
    Wrong(
        jsonata(A=calls(Arguments={"Payload": 1})),
        "state 'A', Arguments.FunctionName: is missing: lambda:invoke needs FunctionName.",
    ),
    Wrong(
        task(INVOKE, FunctionName=LAMBDA, Paylod=1),
        "state 'A', Parameters.Paylod: lambda:invoke has no Paylod. Did you mean 'Payload'?",
    ),
    Wrong(
        task(SEND, MessageBody="x"), "state 'A', Parameters.QueueUrl: is missing: sqs:sendMessage"
    ),
    Wrong(
        task("arn:aws:states:::sns:publish", Message="x"),
        "state 'A', Parameters.TopicArn: is missing: sns:publish needs TopicArn or TargetArn or",
    ),
    Wrong(
        task("arn:aws:states:::dynamodb:putItem", Item={}),
        "state 'A', Parameters.TableName: is missing: dynamodb:putItem needs TableName.",
    ),
    Wrong(
        task("arn:aws:states:::events:putEvents", EndpointId="x"),
        "state 'A', Parameters.Entries: is missing",
    ),
    Wrong(
        task("arn:aws:states:::states:startExecution", Input={}),
        "state 'A', Parameters.StateMachineArn: is missing",
    ),
    Wrong(
        one(callback(Parameters={"QueueUrl": "q", "MessageBody.$": "$"})),
        "state 'A', Parameters: a task that waits for its token must hand it over",
        "put '$$.Task.Token' into what is sent",
    ),
    Wrong(
        one(callback(Parameters={"QueueUrl": "q", "MessageBody.$": "$$.Execution.Id"})),
        "state 'A', Parameters: a task that waits for its token must hand it over",
    ),
    Wrong(
        one(callback(Parameters={"QueueUrl": "q", "MessageBody.$": "$$.Task.Tokn"})),
        "state 'A', Parameters.MessageBody.$: the context object has no $$.Task.Tokn.",
    ),
    Wrong(
        jsonata(
            A={
                **without(callback(), "Parameters"),
                "Arguments": {"QueueUrl": "q", "MessageBody": "{% $states.input %}"},
            }
        ),
        "state 'A', Arguments: a task that waits for its token must hand it over",
        "'{% $states.context.Task.Token %}'",
    ),
    Wrong(
        one(without(callback(), "TimeoutSeconds", "HeartbeatSeconds")),
        "state 'A', TimeoutSeconds: is missing: without it or HeartbeatSeconds a lost answer",
    ),
    Wrong(
        task(SEND, QueueUrl="q", **{"MessageBody.$": "$$.Task.Token"}),
        "state 'A', Parameters.MessageBody.$: there is no task token here",
        ".waitForTaskToken",
    ),
    Wrong(
        one(invoke(TimeoutSeconds=30, HeartbeatSeconds=30)),
        "state 'A', HeartbeatSeconds: 30 is not below TimeoutSeconds (30)",
        "Set at most 29.",
    ),
    Wrong(
        one(invoke(TimeoutSeconds=30, TimeoutSecondsPath="$.s")),
        "state 'A', TimeoutSecondsPath: cannot stand beside TimeoutSeconds.",
    ),
    Wrong(
        one(invoke(HeartbeatSecondsPath="$.s", HeartbeatSeconds=30)),
        "state 'A', HeartbeatSecondsPath: cannot stand beside HeartbeatSeconds.",
    ),
    Wrong(
        one(invoke(TimeoutSeconds=0)), "state 'A', TimeoutSeconds: must be a whole number from 1"
    ),
    Wrong(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:eu-west-1:123456789012:activity:pack",
                "End": True,
            }
        ),
        "state 'A', TimeoutSeconds: is missing: without a worker the execution waits for a year.",
        warning=True,
    ),
]
