from importlib import import_module

Migration = import_module("shop.migrations.0001_initial").Migration
