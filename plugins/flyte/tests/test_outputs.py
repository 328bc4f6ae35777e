"""The outputs of a job, by what its task declares."""

import pytest

from fairlead import Blob, Phase, Resource, TaskError

INTEGER, FLOAT, STRING = {"simple": "INTEGER"}, {"simple": "FLOAT"}, {"simple": "STRING"}


@pytest.fixture
def outputs_of(flyte, jobs):
    """A function that runs a job with these outputs to its end, and returns its resource."""

    async def run(outputs, declared=None, phase=Phase.SUCCEEDED, **more):
        jobs.gets.will(Resource(phase=phase, outputs=outputs, **more))
        return await flyte.get(await flyte.create(outputs=declared))

    return run


async def test_by_their_declared_types(flyte, outputs_of):
    """Each output is a literal of its declared type, also where the value alone would be another one."""
    declared = {"n": FLOAT, "file": {"blob": {"format": "csv"}}, "many": {"collection_type": FLOAT}}
    resource = await outputs_of({"n": 1, "file": "s3://b/x.csv", "many": [1, 2]}, declared)
    literals = flyte.outputs(resource)
    assert literals["n"].scalar.primitive.float_value == 1.0
    assert literals["file"].scalar.blob.metadata.type.format == "csv"
    assert [item.scalar.primitive.float_value for item in literals["many"].collection.literals] == [1.0, 2.0]


async def test_the_declaration_is_in_the_meta(serve, jobs):
    """Another server, which has not seen the task, gives the outputs by the declared types too."""
    meta = await (await serve(jobs)).flyte1.create(outputs={"n": FLOAT})
    later = type(jobs)()
    later.gets.will(Resource(phase=Phase.SUCCEEDED, outputs={"n": 1}))
    flyte = (await serve(later)).flyte2
    assert flyte.outputs(await flyte.get(meta))["n"].scalar.primitive.float_value == 1.0
    assert later.gets.calls[0].arguments[0].job_id == "job-1"


async def test_without_a_declaration(flyte, outputs_of):
    """Outputs of a task that declares none are given by what they are."""
    literals = flyte.outputs(await outputs_of({"n": 1, "file": Blob(uri="s3://b/x")}))
    assert literals["n"].scalar.primitive.integer == 1
    assert literals["file"].scalar.blob.uri == "s3://b/x"


async def test_none_means_that_the_job_wrote_them(outputs_of):
    """Without outputs the field is unset, so that Flyte reads what the job wrote."""
    resource = await outputs_of(None, {"n": INTEGER})
    assert resource.phase == Phase.SUCCEEDED
    assert not resource.HasField("outputs")


async def test_an_empty_dict_means_that_there_are_none(outputs_of):
    """An empty dict is an empty map: Flyte has no file to look for."""
    assert (await outputs_of({})).HasField("outputs")


async def test_a_missing_output(outputs_of):
    """A job that does not return what its task declares has failed, and the message says what is there."""
    resource = await outputs_of({"m": 1}, {"n": INTEGER, "m": INTEGER})
    assert resource.phase == Phase.FAILED
    assert resource.message == "USER:InvalidOutputs: output `n` declared, but not there; there are `m`"
    assert not resource.HasField("outputs")


async def test_an_output_of_another_type(outputs_of):
    """A value that does not fit its declared type fails the job, with the path to it."""
    resource = await outputs_of({"n": [1, "two"]}, {"n": {"collection_type": INTEGER}})
    assert resource.phase == Phase.FAILED
    assert resource.message == "USER:InvalidOutputs: output `n[1]`: expected an integer, got str"


@pytest.mark.parametrize("outputs", [[1], "n", 7])
async def test_outputs_without_names(outputs_of, outputs):
    """Outputs that are no dict fail the job that declares some."""
    resource = await outputs_of(outputs, {"n": INTEGER})
    assert resource.phase == Phase.FAILED
    assert f"`outputs`: expected a dict of values by name, got {type(outputs).__name__}" in resource.message


async def test_names_that_are_none(outputs_of):
    """A name that is no text cannot be given; where nothing is declared, the outputs are left out."""
    resource = await outputs_of({1: 2})
    assert resource.phase == Phase.SUCCEEDED
    assert not resource.outputs.literals


async def test_an_output_that_nobody_declared(flyte, outputs_of):
    """What the task does not declare is left out."""
    assert set(flyte.outputs(await outputs_of({"n": 1, "more": 2}, {"n": INTEGER}))) == {"n"}


async def test_a_value_that_is_no_value(outputs_of):
    """Without a declaration, outputs that no literal can hold are left out, and the job has still succeeded."""
    resource = await outputs_of({"n": object()})
    assert resource.phase == Phase.SUCCEEDED
    assert not resource.HasField("outputs")


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.FAILED, Phase.RETRYABLE_FAILED, Phase.ABORTED])
async def test_only_a_success_has_outputs(outputs_of, phase):
    """Of a job that has not succeeded no outputs are expected, and what has happened to it is told."""
    resource = await outputs_of({}, {"n": INTEGER}, phase, message="so far", error=TaskError(code="Own"))
    assert (resource.phase, resource.message) == (phase, "USER:Own: so far")
    assert not resource.HasField("outputs")


async def test_outputs_that_no_client_takes(outputs_of):
    """Clients of gRPC take 4 MiB: with more, the job would never end for Flyte, so it has failed."""
    resource = await outputs_of({"x": "a" * 5_000_000})
    assert (resource.phase, resource.custom_info["error"]["code"]) == (Phase.FAILED, "OutputsTooLarge")
    assert "return references to the data" in resource.message


async def test_secrets_in_outputs_stay(serve, jobs):
    """Outputs are the job's data, and are never changed."""
    served = await serve(jobs)
    jobs.gets.will(Resource(phase=Phase.SUCCEEDED, message="hunter22", outputs={"s": "hunter22"}))
    meta = await served.flyte2.create(outputs={"s": STRING})
    resource = await served.flyte2.get(meta, connection={"secrets": {"token": "hunter22"}})
    assert resource.message == "***"
    assert served.flyte2.outputs(resource)["s"].scalar.primitive.string_value == "hunter22"
