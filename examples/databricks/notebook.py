# Databricks notebook source
# A notebook: what it passes to `dbutils.notebook.exit` is its output.
import json

count = int(dbutils.widgets.get("count"))

# COMMAND ----------

squares = [number**2 for number in range(count)]
print(squares)
dbutils.notebook.exit(json.dumps({"squares": squares, "sum": sum(squares)}))
