"""The doctor: asks the site what the known clients ask, and says line by line what works and how to mend the rest."""

from mcpsite.doctor.examination import Examination, Patient
from mcpsite.doctor.findings import Finding

__all__ = ["Examination", "Finding", "Patient"]
