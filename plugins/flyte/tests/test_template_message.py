"""The way from fairlead's task template to Flyte's, and back."""

import string

from hypothesis import given
from hypothesis import strategies as st

from fairlead import ExecutionMetadata, TaskMetadata, TaskTemplate, TypedInterface, Variable
from fairlead.task import Container, Identifier, K8sPod, Resources, SecretReference, SecurityContext, Sql
from fairlead_flyte.template import from_execution, from_template
from fairlead_flyte.template_message import to_execution, to_template

names = st.text(string.ascii_letters + "_-.", min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.dictionaries(names, texts, max_size=3)
amounts = st.dictionaries(st.sampled_from(["cpu", "memory", "gpu", "storage"]), texts, max_size=2)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)
types = st.sampled_from(["integer", "float", "string", "boolean", "datetime", "duration", "struct", "none", "any"])
structured_types = st.sampled_from(
    [{"collectionType": {"simple": "INTEGER"}}, {"blob": {"format": "csv"}}, {"enumType": {"values": ["a"]}}]
)
variables = st.dictionaries(names, st.builds(Variable, types | structured_types, texts), max_size=3)
containers = st.builds(
    Container,
    image=texts,
    command=st.lists(texts, max_size=2),
    args=st.lists(texts, max_size=2),
    env=pairs,
    resources=st.builds(Resources, amounts, amounts),
    config=pairs,
)
pods = st.builds(
    K8sPod,
    labels=pairs,
    annotations=pairs,
    pod_spec=st.dictionaries(names, json_values, max_size=2),
    primary_container_name=texts,
)
metadata = st.builds(
    TaskMetadata,
    discoverable=st.booleans(),
    discovery_version=texts,
    timeout=st.none() | st.integers(1, 10**6).map(float),
    retries=st.integers(0, 9),
    interruptible=st.none() | st.booleans(),
    cache_serializable=st.booleans(),
    deprecated_error_message=texts,
    tags=pairs,
)
secrets = st.builds(SecretReference, key=texts, group=texts, group_version=texts, env_var=texts)
templates = st.fixed_dictionaries(
    {
        "type": names,
        "task_type_version": st.integers(0, 9),
        "id": st.builds(Identifier, project=texts, domain=texts, name=texts, version=texts, org=texts),
        "interface": st.builds(TypedInterface, variables, variables),
        "custom": st.dictionaries(texts, json_values, max_size=3),
        "config": pairs,
        "metadata": metadata,
        "security_context": st.builds(
            SecurityContext, iam_role=texts, k8s_service_account=texts, secrets=st.lists(secrets, max_size=2)
        ),
    }
)
targets = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"container": containers}),
    st.fixed_dictionaries({"k8s_pod": pods}),
    st.fixed_dictionaries({"sql": st.builds(Sql, texts, st.sampled_from(["undefined", "ansi", "hive", "other"]))}),
)


@given(templates, targets)
def test_a_template_comes_back(fields, target):
    """What a template says is the same after it was Flyte's message."""
    task = TaskTemplate(**fields, **target)
    assert from_template(to_template(task), native=None) == task


@given(
    st.builds(
        ExecutionMetadata,
        project=texts,
        domain=texts,
        execution=texts,
        node_id=texts,
        retry_attempt=st.integers(0, 9),
        max_attempts=st.integers(0, 9),
        namespace=texts,
        labels=pairs,
        annotations=pairs,
        environment=pairs,
        k8s_service_account=texts,
        identity=st.dictionaries(st.sampled_from(["iam_role", "k8s_service_account"]), texts.filter(bool), max_size=2),
    )
)
def test_an_execution_comes_back(execution):
    """What is known of an execution is the same after it was Flyte's message."""
    assert from_execution(to_execution(execution)) == execution
