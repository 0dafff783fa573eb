"""Made-up traffic with known labels: what detectors are trained, calibrated, tested and measured on."""
