"""What the tissues of the torso look like to a CT and to an FDG PET scanner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tissue:
    """One material: its CT number and its FDG uptake.

    Attributes
    ----------
    hu
        CT number in Hounsfield units.
    suv
        Standardized uptake value by body weight (g/ml), an hour after injection.
    """

    hu: float
    suv: float


AIR = Tissue(-1000, 0.0)
TABLE_SHELL = Tissue(-60, 0.0)
TABLE_FOAM = Tissue(-940, 0.0)
SKIN = Tissue(20, 0.5)
FAT = Tissue(-100, 0.25)
MUSCLE = Tissue(50, 0.7)
LUNG = Tissue(-850, 0.35)
BLOOD = Tissue(40, 1.6)
MYOCARDIUM = Tissue(52, 5.0)
AIRWAY_WALL = Tissue(0, 0.8)
ESOPHAGUS = Tissue(35, 1.2)
THYROID = Tissue(105, 1.3)
CORTICAL = Tissue(950, 0.6)
TRABECULAR = Tissue(200, 1.3)
CARTILAGE = Tissue(110, 0.6)
DISC = Tissue(85, 0.6)
CSF = Tissue(12, 0.4)
CORD = Tissue(38, 1.5)
LIVER = Tissue(60, 2.4)
SPLEEN = Tissue(50, 2.0)
KIDNEY = Tissue(33, 4.0)
URINE = Tissue(6, 14.0)
STOMACH_WALL = Tissue(42, 1.5)
STOMACH_FLUID = Tissue(15, 0.8)
BOWEL = Tissue(30, 1.4)
BOWEL_GAS = Tissue(-900, 0.3)
BILE = Tissue(10, 0.8)
TUMOR = Tissue(35, 9.0)
