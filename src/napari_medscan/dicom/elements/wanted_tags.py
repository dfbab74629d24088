"""The attributes that decide order, geometry and decoding.

``WANTED`` says which attributes a header needs, with the value representation to assume where
the file does not say (implicit VR), and descends into the sequences that matter. `Private` names
those of makers by their creator.
"""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.attribute_tags import Tag
from napari_medscan.dicom.elements.private_elements import Private

__all__ = [
    "DEFER",
    "PRIVATE_DIFFUSION",
    "PRIVATE_IMAGE_TYPE",
    "WANTED",
    "WANTED_DIRECTORY",
    "WANTED_PET",
    "Private",
    "Tag",
    "Wanted",
]

DEFER: Final = b"DEFER"
"""Marks a value to be located, not read: it is large and rarely needed."""

Wanted = dict[int, "bytes | Wanted"]

_LUT: Wanted = {
    Tag.LUTDescriptor: b"US",
    Tag.LUTData: b"OW",
}
_WINDOW: Wanted = {
    Tag.WindowCenter: b"DS",
    Tag.WindowWidth: b"DS",
    Tag.WindowCenterWidthExplanation: b"LO",
    Tag.VOILUTFunction: b"CS",
    Tag.VOILUTSequence: {**_LUT, Tag.LUTExplanation: b"LO"},
}
_RESCALE: Wanted = {
    Tag.RescaleIntercept: b"DS",
    Tag.RescaleSlope: b"DS",
    Tag.RescaleType: b"LO",
}
# PS3.3 C.7.6.16.2.11, Real World Value Mapping.
_REAL_WORLD: Wanted = {
    Tag.RealWorldValueMappingSequence: {
        Tag.LUTExplanation: b"LO",
        Tag.MeasurementUnitsCodeSequence: {
            Tag.CodeValue: b"SH",
            Tag.CodingSchemeDesignator: b"SH",
        },
        Tag.LUTLabel: b"SH",
        Tag.RealWorldValueFirstValueMapped: b"US",
        Tag.RealWorldValueLastValueMapped: b"US",
        Tag.DoubleFloatRealWorldValueFirstValueMapped: b"FD",
        Tag.DoubleFloatRealWorldValueLastValueMapped: b"FD",
        Tag.RealWorldValueLUTData: b"FD",
        Tag.RealWorldValueIntercept: b"FD",
        Tag.RealWorldValueSlope: b"FD",
    },
}
_SPACING: Wanted = {
    Tag.PixelSpacing: b"DS",
    Tag.SliceThickness: b"DS",
    Tag.SpacingBetweenSlices: b"DS",
}
PRIVATE_DIFFUSION: Wanted = {
    Private.SiemensBValue: b"IS",
    Private.SiemensGradientDirection: b"FD",
    Private.GEGradientX: b"DS",
    Private.GEGradientY: b"DS",
    Private.GEGradientZ: b"DS",
    Private.GEBValue: b"IS",
    Private.UIHBValue: b"FD",
    Private.UIHGradientDirection: b"FD",
    Private.PhilipsBValue: b"FL",
    Private.PhilipsGradientRL: b"FL",
    Private.PhilipsGradientAP: b"FL",
    Private.PhilipsGradientFH: b"FL",
}
"""Where scanners kept b-value and direction before the standard had them."""
PRIVATE_IMAGE_TYPE: Wanted = {
    Private.GEImageType: b"SS",
    Private.PhilipsImageType: b"CS",
}
"""Where scanners tell magnitude, phase, real and imaginary apart if Image Type does not."""
_DIFFUSION: Wanted = {
    Tag.DiffusionBValue: b"FD",
    Tag.DiffusionGradientOrientation: b"FD",
    Tag.DiffusionGradientDirectionSequence: {Tag.DiffusionGradientOrientation: b"FD"},
    **PRIVATE_DIFFUSION,
}
_FRAME_TYPE: Wanted = {
    Tag.FrameType: b"CS",
    Tag.ComplexImageComponent: b"CS",
}
# PS3.3 C.8.2.2: the energy of virtual monoenergetic images.
_ENERGY: Wanted = {
    Tag.MonoenergeticEnergyEquivalent: b"FD",
    Tag.MultienergyCTProcessingSequence: {Tag.MonoenergeticEnergyEquivalent: b"FD"},
    Tag.MultienergyCTCharacteristicsSequence: {Tag.MonoenergeticEnergyEquivalent: b"FD"},
}
# PS3.3 C.7.6.16.2: the functional group macros that bear on order and pixels.
_FUNCTIONAL_GROUPS: Wanted = {
    Tag.PixelMeasuresSequence: _SPACING,
    Tag.PlanePositionSequence: {Tag.ImagePositionPatient: b"DS"},
    Tag.PlaneOrientationSequence: {Tag.ImageOrientationPatient: b"DS"},
    Tag.PixelValueTransformationSequence: _RESCALE,
    **_REAL_WORLD,
    Tag.FrameVOILUTSequence: _WINDOW,
    Tag.FrameContentSequence: {
        Tag.StackID: b"SH",
        Tag.TemporalPositionIndex: b"UL",
        Tag.InStackPositionNumber: b"UL",
        Tag.FrameAcquisitionNumber: b"US",
        Tag.DimensionIndexValues: b"UL",
        Tag.FrameAcquisitionDateTime: b"DT",
        Tag.FrameReferenceDateTime: b"DT",
    },
    Tag.TemporalPositionSequence: {Tag.TemporalPositionTimeOffset: b"FD"},
    Tag.MREchoSequence: {Tag.EffectiveEchoTime: b"FD"},
    Tag.MRModifierSequence: {Tag.InversionTimes: b"FD"},
    Tag.MRTimingAndRelatedParametersSequence: {Tag.FlipAngle: b"DS", Tag.RepetitionTime: b"DS"},
    Tag.MRVelocityEncodingSequence: {Tag.VelocityEncodingDirection: b"FD"},
    Tag.MRDiffusionSequence: _DIFFUSION,
    Tag.CardiacSynchronizationSequence: {
        Tag.NominalCardiacTriggerDelayTime: b"FD",
        Tag.NominalPercentageOfCardiacPhase: b"FL",
    },
    Tag.MRImageFrameTypeSequence: _FRAME_TYPE,
    Tag.CTImageFrameTypeSequence: _FRAME_TYPE,
    Tag.PETFrameTypeSequence: _FRAME_TYPE,
    Tag.CTXRayDetailsSequence: {Tag.KVP: b"DS"},
    Tag.CTReconstructionSequence: {Tag.ConvolutionKernel: b"SH"},
    Tag.ContrastBolusUsageSequence: {Tag.ContrastBolusAgentPhase: b"CS"},
    **_ENERGY,
    Tag.SegmentIdentificationSequence: {Tag.ReferencedSegmentNumber: b"US"},
    **PRIVATE_DIFFUSION,
    # PS3.3 C.8.24.6: ultrasound volumes.
    Tag.PlanePositionVolumeSequence: {Tag.ImagePositionVolume: b"FD"},
    Tag.PlaneOrientationVolumeSequence: {Tag.ImageOrientationVolume: b"FD"},
    Tag.TemporalPositionSequence: {Tag.TemporalPositionTimeOffset: b"FD"},
    Tag.USImageDescriptionSequence: {Tag.FrameType: b"CS"},
    Tag.ImageDataTypeSequence: {Tag.DataType: b"CS"},
    # PS3.3 C.8.19.6: angiography and fluoroscopy.
    Tag.FramePixelDataPropertiesSequence: {Tag.ImagerPixelSpacing: b"DS"},
    Tag.ProjectionPixelCalibrationSequence: {Tag.ObjectPixelSpacingInCenterOfBeam: b"FL"},
    Tag.XRayGeometrySequence: {
        Tag.DistanceSourceToDetector: b"DS",
        Tag.DistanceSourceToIsocenter: b"FL",
    },
    # PS3.3 C.8.17.10 and C.8.27: tomography of the eye and of vessels.
    Tag.OphthalmicFrameLocationSequence: {
        Tag.ReferenceCoordinates: b"FL",
        Tag.DepthOfTransverseImage: b"FL",
    },
    Tag.IntravascularFrameContentSequence: {Tag.IntravascularLongitudinalDistance: b"FD"},
}

WANTED_PET: Wanted = {
    Tag.SeriesDate: b"DA",
    Tag.SeriesTime: b"TM",
    Tag.PatientSex: b"CS",
    Tag.PatientSize: b"DS",
    Tag.PatientWeight: b"DS",
    Tag.ActualFrameDuration: b"IS",
    Tag.CorrectedImage: b"CS",
    Tag.RadiopharmaceuticalInformationSequence: {
        Tag.RadiopharmaceuticalStartTime: b"TM",
        Tag.RadionuclideTotalDose: b"DS",
        Tag.RadionuclideHalfLife: b"DS",
        Tag.RadiopharmaceuticalStartDateTime: b"DT",
    },
    Tag.DecayCorrection: b"CS",
    Private.GEPetScanStart: b"DT",
    Private.PhilipsSuvScale: b"DS",
    Private.PhilipsActivityScale: b"DS",
}
"""What SUV takes; nothing in headers of other modalities depends on it."""

WANTED: Wanted = {
    Tag.SpecificCharacterSet: b"CS",
    Tag.ImageType: b"CS",
    Tag.SOPClassUID: b"UI",
    Tag.SOPInstanceUID: b"UI",
    Tag.StudyDate: b"DA",
    Tag.StudyTime: b"TM",
    Tag.AcquisitionDate: b"DA",
    Tag.ContentDate: b"DA",
    Tag.AcquisitionDateTime: b"DT",
    Tag.AcquisitionTime: b"TM",
    Tag.ContentTime: b"TM",
    Tag.Modality: b"CS",
    Tag.Manufacturer: b"LO",
    Tag.StudyDescription: b"LO",
    Tag.SeriesDescription: b"LO",
    Tag.RecommendedDisplayFrameRate: b"IS",
    Tag.PatientName: b"PN",
    Tag.PatientID: b"LO",
    Tag.PatientBirthDate: b"DA",
    Tag.AnatomicalOrientationType: b"CS",
    Tag.BodyPartExamined: b"CS",
    **_SPACING,
    **_RESCALE,
    **_WINDOW,
    **_DIFFUSION,
    **_ENERGY,
    **PRIVATE_IMAGE_TYPE,
    Tag.ComplexImageComponent: b"CS",
    Tag.ContrastBolusAgent: b"LO",
    Tag.ContrastBolusAgentPhase: b"CS",
    Tag.ConvolutionKernel: b"SH",
    Tag.FlipAngle: b"DS",
    Tag.InversionTime: b"DS",
    Tag.KVP: b"DS",
    Tag.NominalPercentageOfCardiacPhase: b"FL",
    Tag.RepetitionTime: b"DS",
    Tag.SequenceName: b"SH",
    Tag.EchoTime: b"DS",
    Tag.EchoNumbers: b"IS",
    Tag.CineRate: b"IS",
    Tag.TriggerTime: b"DS",
    Tag.FrameTime: b"DS",
    Tag.FrameTimeVector: b"DS",
    Tag.EstimatedRadiographicMagnificationFactor: b"DS",
    Tag.ImagerPixelSpacing: b"DS",
    Tag.SliceLocationVector: b"DS",
    Tag.NominalScannedPixelSpacing: b"DS",
    Tag.SequenceOfUltrasoundRegions: {
        Tag.RegionSpatialFormat: b"US",
        Tag.PhysicalUnitsXDirection: b"US",
        Tag.PhysicalUnitsYDirection: b"US",
        Tag.PhysicalDeltaX: b"FD",
        Tag.PhysicalDeltaY: b"FD",
    },
    Tag.StudyInstanceUID: b"UI",
    Tag.SeriesInstanceUID: b"UI",
    Tag.SeriesNumber: b"IS",
    Tag.AcquisitionNumber: b"IS",
    Tag.InstanceNumber: b"IS",
    Tag.PatientOrientation: b"CS",
    Tag.ImagePositionPatient: b"DS",
    Tag.ImageOrientationPatient: b"DS",
    Tag.FrameOfReferenceUID: b"UI",
    Tag.SliceLocation: b"DS",
    Tag.ConcatenationUID: b"UI",
    Tag.InConcatenationNumber: b"US",
    Tag.InConcatenationTotalNumber: b"US",
    Tag.ConcatenationFrameOffsetNumber: b"UL",
    Tag.TemporalPositionIdentifier: b"IS",
    Tag.TemporalPositionIndex: b"UL",
    Tag.SamplesPerPixel: b"US",
    Tag.PhotometricInterpretation: b"CS",
    Tag.PlanarConfiguration: b"US",
    Tag.NumberOfFrames: b"IS",
    Tag.FrameIncrementPointer: b"AT",
    Tag.Rows: b"US",
    Tag.Columns: b"US",
    Tag.PixelAspectRatio: b"IS",
    Tag.BitsAllocated: b"US",
    Tag.BitsStored: b"US",
    Tag.HighBit: b"US",
    Tag.PixelRepresentation: b"US",
    Tag.PixelPaddingValue: b"US",
    Tag.PixelPaddingRangeLimit: b"US",
    Tag.RedPaletteColorLookupTableDescriptor: b"US",
    Tag.GreenPaletteColorLookupTableDescriptor: b"US",
    Tag.BluePaletteColorLookupTableDescriptor: b"US",
    Tag.RedPaletteColorLookupTableData: b"OW",
    Tag.GreenPaletteColorLookupTableData: b"OW",
    Tag.BluePaletteColorLookupTableData: b"OW",
    Tag.SegmentedRedPaletteColorLookupTableData: b"OW",
    Tag.SegmentedGreenPaletteColorLookupTableData: b"OW",
    Tag.SegmentedBluePaletteColorLookupTableData: b"OW",
    Tag.LossyImageCompression: b"CS",
    Tag.ModalityLUTSequence: {**_LUT, Tag.ModalityLUTType: b"LO"},
    **_REAL_WORLD,
    Tag.TotalPixelMatrixColumns: b"UL",
    Tag.DetectorInformationSequence: {
        Tag.ImagePositionPatient: b"DS",
        Tag.ImageOrientationPatient: b"DS",
    },
    # PS3.3 C.8.4.8: what may differ from frame to frame of nuclear medicine.
    Tag.EnergyWindowVector: b"US",
    Tag.DetectorVector: b"US",
    Tag.PhaseVector: b"US",
    Tag.RotationVector: b"US",
    Tag.RRIntervalVector: b"US",
    Tag.TimeSlotVector: b"US",
    Tag.SliceVector: b"US",
    Tag.AngularViewVector: b"US",
    Tag.TimeSliceVector: b"US",
    Tag.Units: b"CS",
    Tag.SUVType: b"CS",
    Tag.FrameReferenceTime: b"DS",
    Tag.SegmentationType: b"CS",
    Tag.SegmentationFractionalType: b"CS",
    Tag.MaximumFractionalValue: b"US",
    Tag.SegmentSequence: {Tag.SegmentNumber: b"US", Tag.SegmentLabel: b"LO"},
    Tag.DoseUnits: b"CS",
    Tag.ImagePlanePixelSpacing: b"DS",
    Tag.GridFrameOffsetVector: b"DS",
    Tag.DoseGridScaling: b"DS",
    Tag.SharedFunctionalGroupsSequence: _FUNCTIONAL_GROUPS,
    Tag.PerFrameFunctionalGroupsSequence: _FUNCTIONAL_GROUPS,
    Tag.ExtendedOffsetTable: DEFER,
    Tag.ExtendedOffsetTableLengths: DEFER,
    Private.SiemensNumberOfImagesInMosaic: b"US",
    Private.SiemensMosaicRefAcqTimes: DEFER,
    Private.SiemensCSAImageHeader: DEFER,
    Private.SiemensCSASeriesHeader: DEFER,
    Private.UIHNumberOfTiles: b"DS",
    Private.UIHTileSequence: {Tag.ImagePositionPatient: b"DS"},
    **WANTED_PET,
}

WANTED_DIRECTORY: Wanted = {
    Tag.SOPClassUID: b"UI",
    Tag.DirectoryRecordSequence: {Tag.ReferencedFileID: b"CS"},
}
