"""Estimators and scores."""
